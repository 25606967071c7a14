import { Alert, Flex, Tag, Typography } from 'antd';
import { Link } from 'react-router';
import { useCall } from '../api/query.js';
import type { Response } from '../api/types.js';
import { nameOf, t } from '../text/text.js';
import { WideTable } from '../ui/table.js';
import { Secondary, Tags, Time } from '../ui/value.js';
import { whoOf } from '../ui/who.js';
import { type Destination, destinationOf } from './destination.js';
import { isFailing } from './steps.js';

type Forward = Response<'Platform/GetForwards'>['forwards'][number];
type ListedCall = Response<'Platform/ListListedCalls'>['calls'][number];

/** Which callbacks WeChat sends, and where each goes; those that no forward takes come first. */
export function Callbacks() {
  const { data, error, refetch } = useCall('Platform/ListCallbackNames', {});
  const rules = useCall('Platform/GetForwards', {}).data ?? { forwards: [], keptNames: [] };
  const rows = data?.names.map((one) => ({ ...one, goesTo: destinationOf(one.name, rules) }));
  return (
    <WideTable
      label={t('adoption.callbacks')}
      minWidth={760}
      rowKey={({ kind, name }) => `${kind} ${name}`}
      error={error}
      retry={refetch}
      rows={rows}
      pagination={{ pageSize: 20, hideOnSinglePage: true }}
      columns={{
        'adoption.name': {
          cell: ({ name }) => <code>{name}</code>,
          sorter: (one, other) => one.name.localeCompare(other.name),
        },
        'adoption.kind': ({ kind }) => nameOf('eventKind', kind),
        'adoption.seen': {
          cell: ({ seen }) => Number(seen).toLocaleString(),
          align: 'right',
          sorter: (one, other) => Number(one.seen) - Number(other.seen),
        },
        'adoption.first': ({ firstTime }) => <Time at={firstTime} />,
        'adoption.last': {
          cell: ({ lastTime }) => <Time at={lastTime} />,
          sorter: (one, other) => (one.lastTime ?? '').localeCompare(other.lastTime ?? ''),
        },
        'adoption.goesTo': {
          cell: ({ goesTo }) => <GoesTo goesTo={goesTo} />,
          sorter: (one, other) => Number(one.goesTo === 'topic') - Number(other.goesTo === 'topic'),
          defaultSortOrder: 'descend',
        },
      }}
    />
  );
}

function GoesTo({ goesTo }: { goesTo: Destination }) {
  if (goesTo === 'service') return <Tag color="processing">{t('adoption.toService')}</Tag>;
  if (goesTo === 'topic') return <Tag color="warning">{t('adoption.toTopic')}</Tag>;
  return <Tags words={goesTo} />;
}

/** The rules that send callbacks to programs of the platform, with their results of the last hour. */
export function ForwardsTable() {
  const { data, error, refetch } = useCall('Platform/GetForwards', {});
  if (data?.forwards.length === 0) return <Alert type="info" showIcon title={t('adoption.noForwards')} />;
  const instance = t('adoption.instance', { instance: data?.instance ?? '…' });
  return (
    <WideTable
      label={t('adoption.forwards')}
      minWidth={920}
      rowKey="name"
      rows={data?.forwards}
      error={error}
      retry={refetch}
      footer={() => <Secondary>{instance}</Secondary>}
      columns={{
        'adoption.name': ({ name }) => name,
        'adoption.events': {
          cell: ({ events }) => (events.includes('*') ? t('adoption.allEvents') : <Tags words={events} />),
          width: 260,
        },
        'adoption.appids': ({ appids }) =>
          appids.length === 0 ? t('adoption.allAppids') : <Tags words={appids} />,
        'adoption.host': ({ host }) => <code>{host}</code>,
        'adoption.lastHour': LastHour,
        'adoption.onFailure': ({ succeedsOnFailure }) =>
          t(succeedsOnFailure ? 'adoption.succeeds' : 'adoption.redelivers'),
      }}
    />
  );
}

function LastHour(forward: Forward) {
  const { delivered, failed, lastFailure, lastFailureTime, lastDeliveryTime } = forward;
  return (
    <Flex vertical>
      <Typography.Text type={isFailing(forward) ? 'danger' : undefined}>
        {t('adoption.counts', { delivered, failed })}
      </Typography.Text>
      {lastDeliveryTime && (
        <Secondary>
          {t('adoption.lastDelivery')} <Time at={lastDeliveryTime} />
        </Secondary>
      )}
      {lastFailureTime && (
        <Secondary>
          {nameOf('forwardFailure', lastFailure)} · <Time at={lastFailureTime} />
        </Secondary>
      )}
    </Flex>
  );
}

/** The calls of WeChat that the policy lists: who may make each, and who did. */
export function ListedCalls() {
  const { data, error, refetch } = useCall('Platform/ListListedCalls', {});
  const nobody = <Typography.Text type="warning">{t('adoption.nobody')}</Typography.Text>;
  return (
    <WideTable
      label={t('adoption.calls')}
      minWidth={920}
      rowKey="name"
      rows={data?.calls}
      error={error}
      retry={refetch}
      locale={{ emptyText: t('adoption.noCalls') }}
      columns={{
        'adoption.name': ({ name }) => name,
        'adoption.api': ({ api, isGet }) => <code>{`${isGet ? 'GET' : 'POST'} ${api}`}</code>,
        'adoption.effect': ({ effect }) => nameOf('callEffect', effect),
        'adoption.ofToken': ({ componentToken }) =>
          t(componentToken ? 'adoption.ofPlatform' : 'adoption.ofMiniProgram'),
        'adoption.mayCall': ({ callers }) => (callers.length === 0 ? nobody : <Tags words={callers} />),
        'adoption.called': Uses,
      }}
    />
  );
}

/** Of one call. */
const SHOWN = 5;

function Uses({ effect, uses }: ListedCall) {
  if (uses.length === 0) return <Secondary>{t('adoption.neverCalled')}</Secondary>;
  const isQuery = effect === 'WECHAT_CALL_EFFECT_NONE';
  return (
    <Flex vertical>
      {uses.slice(0, SHOWN).map((use) => (
        <span key={`${use.caller} ${use.onBehalfOf}`}>
          {whoOf(use) || t('trail.unnamed')} × {use.calls} · <Time at={use.lastTime} />
        </span>
      ))}
      <Link to={isQuery ? '/operations?all=1&method=QueryWechat' : '/operations?method=ChangeWechat'}>
        {t('operations.title')}
      </Link>
    </Flex>
  );
}
