import { Alert, Table, Tabs } from 'antd';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { useCall, usePages } from '../../api/query.js';
import { canAct } from '../../app/session.js';
import { language, optionsOf, t } from '../../text/text.js';
import { FilterFields, useFilters } from '../../ui/filters.js';
import { ErrorAlert, Page } from '../../ui/page.js';
import { LabelSelect } from '../../ui/selects.js';
import { columnsOf, LoadMore, type Pages } from '../../ui/table.js';
import { Invite } from '../actions/invite.js';
import type { MiniProgram } from '../types.js';
import { BatchBar } from './batch-bar.js';
import { columnsOfList } from './columns.js';
import { type Filter, filterOf, isCounted, requestOf } from './filter.js';

const LIVE_MS = 10_000;
/** Rows of a page. More than the first take longer than 100 ms to draw. */
const SIZES = [20, 50, 100, 200];

/** All mini-programs: which version each runs, how its audit stands, what is missing; ticked ones are changed together. */
export function Component() {
  const { parameters, set } = useFilters();
  const filter = filterOf(parameters);
  const change = ({ labels, ...words }: Partial<Filter>) =>
    set({ ...words, ...(labels && { label: labels }) }, true);
  const list = usePages('Fleet/ListMiniPrograms', requestOf(filter), (page) => page.miniPrograms);
  const summary = useCall('Fleet/GetFleetSummary', { labels: filter.labels }, { refetchInterval: LIVE_MS });
  const columns = columnsOf(columnsOfList(filter, change));
  const [chosen, setChosen] = useState<ReadonlyMap<string, MiniProgram>>(new Map());
  const read = new Map(list.rows.map((row) => [row.appid, row]));
  // Ticked rows of another filter, or of a page that is not loaded, are as they were then.
  const ticked = [...chosen].map(([appid, row]) => read.get(appid) ?? row);
  const choose = (rows: readonly MiniProgram[]) => setChosen(new Map(rows.map((row) => [row.appid, row])));
  const empty = parameters.size > 0 ? 'miniPrograms.noneMatches' : 'miniPrograms.none';
  const counted = isCounted(filter) && summary.data ? Number(summary.data.total) : undefined;
  const total = list.hasNextPage ? counted : list.rows.length;
  return (
    <Page title={t('miniPrograms.title')} actions={<Invite />}>
      <MiniProgramTabs active="" />
      <Filters labels={filter.labels} onChange={change} isFiltered={parameters.size > 0} />
      <ErrorAlert error={list.error} retry={list.refetch} />
      <BatchBar chosen={ticked} filter={filter} onDone={choose} />
      {(list.data || !list.error) && (
        <Table<MiniProgram>
          // Cells are drawn again only for other rows, and in another language.
          key={language}
          rowKey="appid"
          size="middle"
          columns={columns.map((column) => ({
            ...column,
            shouldCellUpdate: (row, before) => row !== before,
          }))}
          dataSource={list.rows}
          loading={list.isPending}
          scroll={{ x: 'max-content' }}
          locale={{ emptyText: list.data ? t(empty) : ' ' }}
          pagination={{
            pageSizeOptions: SIZES,
            defaultPageSize: SIZES[0],
            showSizeChanger: true,
            showTotal: (n) => {
              if (total === undefined) return t('miniPrograms.loaded', { n });
              return n === total ? t('miniPrograms.total', { n }) : t('miniPrograms.loadedOf', { n, total });
            },
          }}
          {...(canAct && {
            rowSelection: {
              selectedRowKeys: [...chosen.keys()],
              preserveSelectedRowKeys: true,
              onChange: (_, rows) => choose(rows),
            },
          })}
        />
      )}
      <More pages={list} n={list.rows.length} />
    </Page>
  );
}

interface FiltersProps extends Pick<Filter, 'labels'> {
  onChange: (part: Partial<Filter>) => void;
  isFiltered: boolean;
}

function Filters({ labels, onChange, isFiltered }: FiltersProps) {
  const states = [
    { value: 'notLive', label: t('miniPrograms.isNotLive') },
    { value: 'drifted', label: t('miniPrograms.drifted') },
    ...optionsOf('authorizer'),
  ];
  return (
    <FilterFields
      isReplacing
      fields={[
        { name: 'search', label: 'miniPrograms.searchHint', width: 280 },
        { name: 'version', label: 'miniPrograms.liveVersion', width: 150 },
        { name: 'template', label: 'miniPrograms.template', width: 110 },
        { name: 'state', label: 'miniPrograms.onlyThose', options: states, width: 150 },
      ]}
    >
      <LabelSelect
        value={labels}
        onChange={(next) => onChange({ labels: next })}
        placeholder={t('miniPrograms.labels')}
      />
      {isFiltered && (
        <Link to="/mini-programs" replace>
          {t('miniPrograms.clearFilter')}
        </Link>
      )}
    </FilterFields>
  );
}

/** Loads more, if there are more: only loaded ones are sorted. */
function More({ pages, n }: { pages: Pages; n: number }) {
  if (!pages.hasNextPage) return null;
  return (
    <Alert type="info" title={t('miniPrograms.sortedLoaded', { n })} action={<LoadMore pages={pages} />} />
  );
}

/** The pages about all mini-programs. */
export function MiniProgramTabs({ active }: { active: '' | 'not-live' | 'sync' }) {
  const navigate = useNavigate();
  const items = [
    { key: '', label: t('miniPrograms.all') },
    { key: 'not-live', label: t('miniPrograms.notLive') },
    { key: 'sync', label: t('miniPrograms.sync') },
  ];
  return <Tabs activeKey={active} items={items} onChange={(key) => navigate(`/mini-programs/${key}`)} />;
}
