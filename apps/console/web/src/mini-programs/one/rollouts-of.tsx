import { Card, Flex } from 'antd';
import { Link } from 'react-router';
import { useCall } from '../../api/query.js';
import type { Response } from '../../api/types.js';
import { LIVE_STATES } from '../../rollouts/types.js';
import { nameOf, t } from '../../text/text.js';
import { titleOf } from '../../text/title.js';
import { Secondary, StateTag, Time } from '../../ui/value.js';

const SHOWN = 5;

/** The newest rollouts that contain a mini-program, and how far it is in those that run. */
export function RolloutsOf({ appid }: { appid: string }) {
  const { data } = useCall('Rollouts/ListRollouts', { appid, pageSize: SHOWN });
  return (
    <Card title={t('rollouts.title')}>
      {data?.rollouts.length === 0 && <Secondary>{t('miniPrograms.inNoRollout')}</Secondary>}
      <Flex vertical gap="small">
        {data?.rollouts.map((rollout) => (
          <Flex key={rollout.id} gap="small" align="center" wrap>
            <Link to={`/rollouts/${rollout.id}/targets/${appid}`}>{titleOf(rollout)}</Link>
            <StateTag
              of="rollout"
              state={rollout.state}
              {...(hasFailures(rollout) && { tone: 'warning' as const })}
            />
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

/** Whether it has ended with failures. */
function hasFailures({ state, counts }: Response<'Rollouts/GetRollout'>): boolean {
  return state === 'ROLLOUT_STATE_COMPLETED' && counts.some((count) => count.state.endsWith('_FAILED'));
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
