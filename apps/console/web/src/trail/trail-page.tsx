import { DatePicker, Flex } from 'antd';
import dayjs from 'dayjs';
import { Link } from 'react-router';
import { useCall, usePages } from '../api/query.js';
import type { Response } from '../api/types.js';
import { optionsOf, t } from '../text/text.js';
import { titleOf } from '../text/title.js';
import { FilterFields, useFilters } from '../ui/filters.js';
import { Page } from '../ui/page.js';
import { PagedTable } from '../ui/table.js';
import { MiniProgramName, NamedCode, Secondary, Time } from '../ui/value.js';

/** The newest ones, which are most of those that rows are about. */
const NAMED_ROLLOUTS = 500;

type Row = Response<'Platform/ListTrail'>['rows'][number];

/** Who did what, by the audit trail. The address has the filters. */
export function Component() {
  const { given, set } = useFilters();
  const actions = optionsOf('trail').filter(({ value }) => value.includes('.'));
  return (
    <Page title={t('trail.title')}>
      <Secondary>
        {t('trail.notHere')}{' '}
        <Link to={operationsOf(given('person'), given('appid'))} style={{ textDecoration: 'underline' }}>
          {t('operations.title')}
        </Link>
      </Secondary>
      <FilterFields
        fields={[
          { name: 'action', label: 'trail.action', options: actions, width: 240 },
          { name: 'person', label: 'trail.person' },
          { name: 'appid', label: 'trail.appid' },
        ]}
      >
        <DatePicker
          showTime
          value={given('since') === '' ? null : dayjs(given('since'))}
          placeholder={t('trail.since')}
          aria-label={t('trail.since')}
          onChange={(since) => set({ since: since?.toISOString() })}
        />
      </FilterFields>
      <Trail given={given} />
    </Page>
  );
}

/** The changes of mini-programs and templates that people requested: these are operations, not rows of the trail. */
function operationsOf(person: string, appid: string): string {
  return `/operations?${new URLSearchParams({ ...(person && { person }), ...(appid && { appid }) })}`;
}

function Trail({ given }: { given: (field: string) => string }) {
  const since = given('since');
  const request = {
    ...{ action: given('action'), onBehalfOf: given('person'), appid: given('appid'), pageSize: 50 },
    ...(since !== '' && { since }),
  };
  const trail = usePages('Platform/ListTrail', request, ({ rows }) => rows);
  return (
    <PagedTable
      pages={trail}
      rowKey="id"
      size="small"
      empty={t('trail.none')}
      columns={{
        'trail.time': ({ at }) => <Time at={at} />,
        'trail.who': (row) => <Who {...row} />,
        'trail.action': ({ action }) => <NamedCode of="trail" code={action} />,
        'trail.about': (row) => <About {...row} />,
        'trail.peer': ({ peer }) => peer,
      }}
      expandable={{
        columnTitle: t('trail.detail'),
        columnWidth: 60,
        expandedRowRender: ({ detail }) => <pre style={{ margin: 0 }}>{JSON.stringify(detail, null, 2)}</pre>,
        rowExpandable: ({ detail }) => Object.keys(detail ?? {}).length > 0,
      }}
    />
  );
}

/** The person, and the program by which the person acted; the service itself if nobody called. */
function Who({ onBehalfOf, caller, peer }: Row) {
  return (
    <Flex vertical>
      <span>{onBehalfOf || caller || t(peer === '' ? 'trail.service' : 'trail.unnamed')}</span>
      {onBehalfOf !== '' && caller !== '' && <Secondary>{caller}</Secondary>}
    </Flex>
  );
}

/** What an action was about, with the reason that was given for it. */
function About({ appid, operationId, detail = {} }: Row) {
  const { data } = useCall('Rollouts/ListRollouts', { pageSize: NAMED_ROLLOUTS });
  const text = (field: string) => (typeof detail[field] === 'string' ? detail[field] : '');
  const rollout = text('rollout_id');
  const found = data?.rollouts.find(({ id }) => id === rollout);
  const subject = text('api') || text('user');
  return (
    <Flex vertical style={{ maxWidth: 360 }}>
      {appid !== '' && <MiniProgramName appid={appid} />}
      {operationId !== '' && <Link to={`/operations/${operationId}`}>{t('trail.operation')}</Link>}
      {rollout !== '' && (
        <Link to={`/rollouts/${rollout}`}>{found ? titleOf(found) : t('trail.rollout')}</Link>
      )}
      {subject !== '' && <code>{subject}</code>}
      {text('reason') !== '' && <span>{text('reason')}</span>}
    </Flex>
  );
}
