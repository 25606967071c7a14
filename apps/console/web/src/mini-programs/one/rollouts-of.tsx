import { Card, Flex } from 'antd';
import { Link } from 'react-router';
import { useCall } from '../../api/query.js';
import { Status } from '../../rollouts/parts/names.js';
import { LIVE_STATES } from '../../rollouts/types.js';
import { nameOf, t } from '../../text/text.js';
import { titleOf } from '../../text/title.js';
import { ErrorAlert } from '../../ui/page.js';
import { Secondary, Time } from '../../ui/value.js';

const SHOWN = 5;

/** The newest rollouts that contain a mini-program, and how far it is in those that run. */
export function RolloutsOf({ appid }: { appid: string }) {
  const { data, error, refetch } = useCall('Rollouts/ListRollouts', { appid, pageSize: SHOWN });
  return (
    <Card title={t('rollouts.title')} loading={!data && !error}>
      <ErrorAlert error={error} retry={refetch} />
      {data?.rollouts.length === 0 && <Secondary>{t('miniPrograms.inNoRollout')}</Secondary>}
      <Flex vertical gap="small">
        {data?.rollouts.map((rollout) => (
          <Flex key={rollout.id} gap="small" align="center" wrap>
            <Link to={`/rollouts/${rollout.id}/targets/${appid}`}>{titleOf(rollout)}</Link>
            <Status rollout={rollout} />
            {LIVE_STATES.includes(rollout.state) ? (
              <Place id={rollout.id} appid={appid} />
            ) : (
              <Time at={rollout.createTime} />
            )}
          </Flex>
        ))}
      </Flex>
    </Card>
  );
}

function Place({ id, appid }: { id: string; appid: string }) {
  const { data } = useCall('Rollouts/GetRolloutTarget', { id, appid }, { refetchInterval: 5_000 });
  if (data === undefined) return null;
  const { wave, step, state, waitsFor } = data;
  const waits = waitsFor !== 'ROLLOUT_WAIT_UNSPECIFIED';
  return (
    <Secondary>
      {t('miniPrograms.wave', { n: wave })} · {nameOf('step', step)} ·{' '}
      {waits ? nameOf('wait', waitsFor) : nameOf('target', state)}
    </Secondary>
  );
}
