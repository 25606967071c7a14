import { Alert, Table, Tabs } from 'antd';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useCall, usePages } from '../../api/query.js';
import { useSession } from '../../app/session.js';
import { useLanguage, useText } from '../../text/text.js';
import { ErrorAlert } from '../../ui/error-alert.js';
import { LoadMore, type Pages } from '../../ui/list/load-more.js';
import { useFilters } from '../../ui/list/use-filters.js';
import { Page } from '../../ui/page.js';
import { Invite } from '../actions/invite.js';
import type { MiniProgram } from '../types.js';
import { BatchBar } from './batch-bar.js';
import { useColumnChoice } from './column-choice.js';
import { useColumns } from './columns.js';
import { type Filter, filterOf, isCounted, requestOf } from './filter.js';
import { FilterBar } from './filter-bar.js';

const LIVE_MS = 10_000;
/** Rows of a page. More than the first take longer than 100 ms to draw. */
const SIZES = [20, 50, 100, 200];

/** All mini-programs: which version each runs, how its audit stands, what is missing; ticked ones are changed together. */
export function Component() {
  const t = useText();
  const { parameters, set } = useFilters();
  const filter = filterOf(parameters);
  const change = ({ labels, ...words }: Partial<Filter>) =>
    set({ ...words, ...(labels && { label: labels, labels: [] }) }, true);
  const list = usePages('Fleet/ListMiniPrograms', requestOf(filter), (page) => page.miniPrograms, {
    refetchMs: LIVE_MS,
  });
  const summary = useCall('Fleet/GetFleetSummary', { labels: filter.labels }, { refetchInterval: LIVE_MS });
  const [chosen, setChosen] = useState<ReadonlyMap<string, MiniProgram>>(new Map());
  const { columns, choice } = useColumnChoice(useColumns(filter, change));
  const { canAct } = useSession();
  const { language } = useLanguage();
  const empty = parameters.size > 0 ? 'miniPrograms.noneMatches' : 'miniPrograms.none';
  const total = isCounted(filter) ? Number(summary.data?.total ?? list.rows.length) : undefined;
  return (
    <Page title={t('miniPrograms.title')} actions={<Invite />}>
      <MiniProgramTabs active="" />
      <FilterBar filter={filter} onChange={change}>
        {choice}
      </FilterBar>
      <ErrorAlert error={list.error} retry={list.refetch} />
      <BatchBar chosen={[...chosen.values()]} filter={filter} onDone={() => setChosen(new Map())} />
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
            showTotal: (loaded) =>
              total === undefined || list.hasNextPage === false
                ? t('miniPrograms.total', { n: total ?? loaded })
                : t('miniPrograms.loaded', { n: loaded, total }),
          }}
          {...(canAct && {
            rowSelection: {
              selectedRowKeys: [...chosen.keys()],
              preserveSelectedRowKeys: true,
              onChange: (_, rows) => setChosen(new Map(rows.map((row) => [row.appid, row]))),
            },
          })}
        />
      )}
      <More pages={list} n={list.rows.length} />
    </Page>
  );
}

/** Loads more, if there are more: only loaded ones are sorted. */
function More({ pages, n }: { pages: Pages; n: number }) {
  const t = useText();
  if (!pages.hasNextPage) return null;
  return (
    <Alert type="info" title={t('miniPrograms.sortedLoaded', { n })} action={<LoadMore pages={pages} />} />
  );
}

/** The pages about all mini-programs. */
export function MiniProgramTabs({ active }: { active: '' | 'not-live' | 'sync' }) {
  const t = useText();
  const navigate = useNavigate();
  const items = [
    { key: '', label: t('miniPrograms.all') },
    { key: 'not-live', label: t('miniPrograms.notLive') },
    { key: 'sync', label: t('miniPrograms.sync') },
  ];
  return <Tabs activeKey={active} items={items} onChange={(key) => navigate(`/mini-programs/${key}`)} />;
}
