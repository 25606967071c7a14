import { type ButtonProps, Flex, Tag, Typography } from 'antd';
import { type Key, useState } from 'react';
import type { Response } from '../api/types.js';
import { useSession } from '../app/session.js';
import { useName, useText } from '../text/text.js';
import { ReasonButton } from '../ui/form/reason-button.js';
import { useColumn } from '../ui/list/column.js';
import { NamedCode } from '../ui/list/named-code.js';
import { WideTable } from '../ui/list/wide-table.js';
import { Time } from '../ui/time.js';

export type Api = Response<'Platform/GetPlatformStatus'>['apis'][number];

/** The stopped APIs: who stopped each, why and until when, and how they are resumed: one, some or all. */
export function StoppedApis({ apis }: { apis: readonly Api[] }) {
  const t = useText();
  const { canAct } = useSession();
  const [ticked, setTicked] = useState<Key[]>([]);
  const chosen = apis.filter(({ api }) => ticked.includes(api));
  const column = useColumn<Api>();
  const columns = [
    column('platform.api', ({ api }) => <NamedCode of="api" code={api} />, { width: 220 }),
    column('platform.stop', ({ stop }) => stop && <Stop stop={stop} />),
    column('platform.until', ({ stop }) => <Time at={stop?.endTime} />, { width: 140 }),
    column('platform.parked', (api) => api.waitingOperations, { width: 110, align: 'right' }),
  ];
  const lift = column(
    'platform.actions',
    (api) => <Lift size="small" label={t('platform.lift')} apis={[api]} />,
    { width: 120, align: 'right' },
  );
  if (apis.length === 0)
    return <Typography.Text type="secondary">{t('platform.noneStopped')}</Typography.Text>;
  return (
    <Flex vertical gap="small">
      {canAct && apis.length > 1 && (
        <Flex gap="small" wrap>
          <Lift type="primary" label={t('platform.liftAll', { n: apis.length })} apis={apis} />
          <Lift label={t('platform.liftTicked', { n: chosen.length })} apis={chosen} />
        </Flex>
      )}
      <WideTable
        label={t('platform.stoppedApis')}
        minWidth={880}
        rowKey="api"
        columns={canAct ? [...columns, lift] : columns}
        rows={apis}
        {...(canAct && { rowSelection: { selectedRowKeys: ticked, onChange: setTicked } })}
      />
    </Flex>
  );
}

/** Who stopped an API, since when, and why. */
function Stop({ stop }: { stop: NonNullable<Api['stop']> }) {
  const [t, name] = [useText(), useName()];
  // Without a policy callers have no names.
  const by = stop.onBehalfOf || stop.stoppedBy || (stop.errcode === 0 ? t('trail.unnamed') : '');
  return (
    <Flex vertical>
      <span>
        {stop.scope !== 'STOP_SCOPE_UNSPECIFIED' && <Tag>{name('stopScope', stop.scope)}</Tag>}
        {by === '' ? t('platform.byWechat') : t('platform.by', { name: by })} · <Time at={stop.startTime} />
      </span>
      {stop.reason !== '' && <span>{stop.reason}</span>}
      {stop.errcode !== 0 && (
        <Typography.Text type="danger">
          {t('platform.quotaUsed')} {stop.errcode} {stop.errmsg}
        </Typography.Text>
      )}
    </Flex>
  );
}

interface LiftProps extends Pick<ButtonProps, 'size' | 'type'> {
  label: string;
  apis: readonly Api[];
}

/** The button that resumes APIs, after a reason was given. */
function Lift({ apis, ...button }: LiftProps) {
  const t = useText();
  const waiting = apis.reduce((sum, { waitingOperations: n }) => sum + n, 0);
  return (
    <ReasonButton
      {...button}
      disabled={apis.length === 0}
      title={t('platform.liftTitle', { n: apis.length })}
      verb={t('platform.lift')}
      method="Platform/LiftApiStops"
      requestOf={(reason) => apis.map(({ api }) => ({ api, reason }))}
      invalidates={['Platform/GetPlatformStatus']}
      success={t('stop.lifted')}
    >
      {t('platform.liftEffect', { n: waiting })}
    </ReasonButton>
  );
}
