import { DatePicker, Flex, Select, type TableColumnsType, Typography } from 'antd';
import { Link } from 'react-router';
import { useCall, usePages } from '../api/query.js';
import type { Response } from '../api/types.js';
import { useName, useText } from '../text/text.js';
import { MiniProgramName } from '../ui/appid.js';
import { LoadMore } from '../ui/list/load-more.js';
import { SearchInput } from '../ui/list/search-input.js';
import { useFilters } from '../ui/list/use-filters.js';
import { WideTable } from '../ui/list/wide-table.js';
import { Page } from '../ui/page.js';
import { Time } from '../ui/time.js';
import { TRAIL_ACTIONS } from './trail-actions.js';

/** The newest ones, which are most of those that rows are about. */
const NAMED_ROLLOUTS = 500;

type Row = Response<'Platform/ListTrail'>['rows'][number];

/** Who did what, by the audit trail. The address has the filters. */
export function Component() {
  const [t, name] = [useText(), useName()];
  const { given, set } = useFilters();
  const input = (field: 'person' | 'appid') => (
    <SearchInput
      label={t(`trail.${field}`)}
      value={given(field)}
      onSearch={(value) => set({ [field]: value })}
    />
  );
  return (
    <Page title={t('trail.title')}>
      <Typography.Text type="secondary">
        {t('trail.notHere')}{' '}
        <Link to={operationsOf(given('person'), given('appid'))} style={{ textDecoration: 'underline' }}>
          {t('operations.title')}
        </Link>
      </Typography.Text>
      <Flex gap="small" wrap>
        <Select
          allowClear
          showSearch={{ optionFilterProp: 'label' }}
          style={{ width: 240 }}
          value={given('action') || undefined}
          placeholder={t('trail.action')}
          aria-label={t('trail.action')}
          onChange={(action?: string) => set({ action })}
          options={TRAIL_ACTIONS.map((action) => ({ value: action, label: name('trail', action) }))}
        />
        {input('person')}
        {input('appid')}
        <DatePicker
          showTime
          placeholder={t('trail.since')}
          aria-label={t('trail.since')}
          onChange={(since) => set({ since: since?.toISOString() })}
        />
      </Flex>
      <Trail given={given} />
    </Page>
  );
}

/** The changes of mini-programs and templates that people requested: these are operations, not rows of the trail. */
function operationsOf(person: string, appid: string): string {
  return `/operations?${new URLSearchParams({ ...(person && { person }), ...(appid && { appid }) })}`;
}

function Trail({ given }: { given: (field: string) => string }) {
  const t = useText();
  const since = given('since');
  const request = {
    ...{ action: given('action'), onBehalfOf: given('person'), appid: given('appid'), pageSize: 50 },
    ...(since !== '' && { since }),
  };
  const trail = usePages('Platform/ListTrail', request, ({ rows }) => rows);
  const columns: TableColumnsType<Row> = [
    { title: t('trail.time'), dataIndex: 'at', render: (at: string) => <Time at={at} /> },
    { title: t('trail.who'), render: (_, row) => <Who {...row} /> },
    { title: t('trail.action'), dataIndex: 'action', render: (action: string) => <Action action={action} /> },
    { title: t('trail.about'), render: (_, row) => <About {...row} /> },
    { title: t('trail.peer'), dataIndex: 'peer' },
  ];
  return (
    <>
      <WideTable
        label={t('trail.actions')}
        minWidth={760}
        rowKey="id"
        error={trail.error}
        retry={trail.refetch}
        columns={columns}
        rows={trail.data && trail.rows}
        expandable={{
          columnTitle: t('trail.detail'),
          columnWidth: 60,
          expandedRowRender: ({ detail }) => (
            <pre style={{ margin: 0 }}>{JSON.stringify(detail, null, 2)}</pre>
          ),
          rowExpandable: ({ detail }) => Object.keys(detail ?? {}).length > 0,
        }}
      />
      <LoadMore pages={trail} />
    </>
  );
}

/** The person, and the program by which the person acted; the service itself if nobody called. */
function Who({ onBehalfOf, caller, peer }: Row) {
  const t = useText();
  return (
    <Flex vertical>
      <span>{onBehalfOf || caller || t(peer === '' ? 'trail.service' : 'trail.unnamed')}</span>
      {onBehalfOf !== '' && caller !== '' && <Typography.Text type="secondary">{caller}</Typography.Text>}
    </Flex>
  );
}

function Action({ action }: { action: string }) {
  const name = useName()('trail', action);
  return (
    <Flex vertical>
      {name !== action && <span>{name}</span>}
      <Typography.Text type="secondary" code style={{ fontSize: 12 }}>
        {action}
      </Typography.Text>
    </Flex>
  );
}

/** What an action was about, with the reason that was given for it. */
function About({ appid, operationId, detail = {} }: Row) {
  const t = useText();
  const { data } = useCall('Rollouts/ListRollouts', { pageSize: NAMED_ROLLOUTS });
  const text = (field: string) => (typeof detail[field] === 'string' ? detail[field] : '');
  const rollout = text('rollout_id');
  const nameOf = (id: string) => data?.rollouts.find((each) => each.id === id)?.spec?.name;
  const subject = text('api') || text('user');
  return (
    <Flex vertical style={{ maxWidth: 360 }}>
      {appid !== '' && <MiniProgramName appid={appid} />}
      {operationId !== '' && <Link to={`/operations/${operationId}`}>{t('trail.operation')}</Link>}
      {rollout !== '' && <Link to={`/rollouts/${rollout}`}>{nameOf(rollout) ?? t('trail.rollout')}</Link>}
      {subject !== '' && <code>{subject}</code>}
      {text('reason') !== '' && <span>{text('reason')}</span>}
    </Flex>
  );
}
