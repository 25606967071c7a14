import { Button, Flex, Tag, Typography } from 'antd';
import { type Key, useState } from 'react';
import { call } from '../api/call.js';
import type { Response } from '../api/types.js';
import { canAct } from '../app/session.js';
import { nameOf, t } from '../text/text.js';
import { Dialog } from '../ui/form/dialog.js';
import { WideTable } from '../ui/table.js';
import { NamedCode, Secondary, Time } from '../ui/value.js';

export type Api = Response<'Platform/GetPlatformStatus'>['apis'][number];

/** The stopped APIs: who stopped each, why and until when, and how they are resumed: one, some or all. */
export function StoppedApis({ apis }: { apis: readonly Api[] }) {
  const [ticked, setTicked] = useState<Key[]>([]);
  // Those that were lifted leave the list behind the dialog.
  const [lifting, setLifting] = useState<readonly Api[]>();
  const chosen = apis.filter(({ api }) => ticked.includes(api));
  const lift = (api: Api) => (
    <Button size="small" onClick={() => setLifting([api])}>
      {t('platform.lift')}
    </Button>
  );
  return (
    <Flex vertical gap="small">
      {lifting && <Lift apis={lifting} onClose={() => setLifting(undefined)} />}
      {apis.length === 0 && <Secondary>{t('platform.noneStopped')}</Secondary>}
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
      {apis.length > 0 && (
        <WideTable
          label={t('platform.stoppedApis')}
          minWidth={880}
          rowKey="api"
          columns={{
            'platform.api': { cell: ({ api }) => <NamedCode of="api" code={api} />, width: 220 },
            'platform.stop': ({ stop }) => stop && <Stop stop={stop} />,
            'platform.until': { cell: ({ stop }) => <Time at={stop?.endTime} />, width: 140 },
            'platform.parked': { cell: (api) => api.waitingOperations, width: 110, align: 'right' },
            'platform.actions': canAct && { cell: lift, width: 120, align: 'right' },
          }}
          rows={apis}
          {...(canAct && { rowSelection: { selectedRowKeys: ticked, onChange: setTicked } })}
        />
      )}
    </Flex>
  );
}

/** Who stopped an API, since when, and why. */
function Stop({ stop }: { stop: NonNullable<Api['stop']> }) {
  // Without a policy callers have no names.
  const by = stop.onBehalfOf || stop.stoppedBy || (stop.errcode === 0 ? t('trail.unnamed') : '');
  return (
    <Flex vertical>
      <span>
        {stop.scope !== 'STOP_SCOPE_UNSPECIFIED' && <Tag>{nameOf('stopScope', stop.scope)}</Tag>}
        {by === '' ? t('platform.byWechat') : t('platform.by', { name: by })} · <Time at={stop.startTime} />
      </span>
      {stop.reason !== '' && <span>{stop.reason}</span>}
      {stop.errcode !== 0 && (
        <Typography.Text type="danger">
          {t('platform.quotaUsed')} <code>{stop.errcode}</code>
        </Typography.Text>
      )}
    </Flex>
  );
}

/** Resumes APIs, after a reason was given. */
function Lift({ apis, onClose }: { apis: readonly Api[]; onClose(): void }) {
  const n = apis.reduce((sum, { waitingOperations }) => sum + waitingOperations, 0);
  return (
    <Dialog<Api>
      title={t('platform.liftTitle', { n: apis.length })}
      verb={t('platform.lift')}
      items={apis}
      nameOf={({ api }) => nameOf('api', api)}
      effect={t('platform.liftEffect', { n })}
      run={({ reason }, _, { api }) => call('Platform/LiftApiStops', { api, reason })}
      onClose={onClose}
    />
  );
}
