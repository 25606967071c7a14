import { App, Button, Flex, type TableColumnsType, Tag, Typography } from 'antd';
import { type Key, useState } from 'react';
import { useCommand } from '../api/query.js';
import type { Response } from '../api/types.js';
import { useSession } from '../app/session.js';
import { useName, useText } from '../text/text.js';
import { ReasonModal } from '../ui/form/reason-modal.js';
import { WideTable } from '../ui/list/wide-table.js';
import { Time } from '../ui/time.js';
import { ApiName } from './api-name.js';

export type Api = Response<'Platform/GetPlatformStatus'>['apis'][number];

/** The stopped APIs: who stopped each, why and until when, and how they are resumed: one, some or all. */
export function StoppedApis({ apis }: { apis: readonly Api[] }) {
  const t = useText();
  const { canAct } = useSession();
  const [ticked, setTicked] = useState<Key[]>([]);
  const [lifting, setLifting] = useState<readonly Api[]>();
  const chosen = apis.filter(({ api }) => ticked.includes(api));
  const columns: TableColumnsType<Api> = [
    {
      title: t('platform.api'),
      dataIndex: 'api',
      width: 220,
      render: (api: string) => <ApiName api={api} />,
    },
    { title: t('platform.stop'), render: (_, { stop }) => stop && <Stop stop={stop} /> },
    { title: t('platform.until'), width: 140, render: (_, { stop }) => <Time at={stop?.endTime} /> },
    { title: t('platform.parked'), dataIndex: 'waitingOperations', align: 'right', width: 110 },
    ...(canAct
      ? [
          {
            title: t('platform.actions'),
            width: 120,
            align: 'right' as const,
            render: (_: unknown, api: Api) => (
              <Button size="small" onClick={() => setLifting([api])}>
                {t('platform.lift')}
              </Button>
            ),
          },
        ]
      : []),
  ];
  if (apis.length === 0)
    return <Typography.Text type="secondary">{t('platform.noneStopped')}</Typography.Text>;
  return (
    <Flex vertical gap="small">
      {canAct && apis.length > 1 && (
        <Flex gap="small" wrap>
          <Button type="primary" onClick={() => setLifting(apis)}>
            {t('platform.liftAll', { n: apis.length })}
          </Button>
          <Button disabled={chosen.length === 0} onClick={() => setLifting(chosen)}>
            {t('platform.liftTicked', { n: chosen.length })}
          </Button>
        </Flex>
      )}
      <WideTable
        label={t('platform.stoppedApis')}
        minWidth={880}
        rowKey="api"
        columns={columns}
        rows={apis}
        {...(canAct && { rowSelection: { selectedRowKeys: ticked, onChange: setTicked } })}
      />
      {lifting && <Lift apis={lifting} onClose={() => setLifting(undefined)} />}
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

function Lift({ apis, onClose }: { apis: readonly Api[]; onClose: () => void }) {
  const t = useText();
  const { message } = App.useApp();
  const lift = useCommand('Platform/LiftApiStops', { invalidates: ['Platform/GetPlatformStatus'] });
  const waiting = apis.reduce((sum, { waitingOperations: n }) => sum + n, 0);
  const [isPending, setIsPending] = useState(false);
  const confirm = async (reason: string) => {
    setIsPending(true);
    try {
      for (const { api } of apis) await lift.mutateAsync({ api, reason });
      void message.success(t('platform.lifted', { n: apis.length }));
      onClose();
    } catch {
      setIsPending(false);
    }
  };
  return (
    <ReasonModal
      isOpen
      title={t('platform.liftTitle', { n: apis.length })}
      verb={t('platform.lift')}
      isPending={isPending}
      onConfirm={confirm}
      onCancel={onClose}
    >
      <p>{t('platform.liftEffect', { n: waiting })}</p>
    </ReasonModal>
  );
}
