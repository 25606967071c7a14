import { Button, Flex, Typography } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Response } from '../api/types.js';
import { Bar } from '../rollouts/parts/bar.js';
import { Status } from '../rollouts/parts/names.js';
import { useText } from '../text/text.js';
import { useTitle } from '../text/use-title.js';

type Rollout = Response<'Rollouts/ListRollouts'>['rollouts'][number];
const SHOWN = 6;

/** The rollouts that run, with their bars. */
export function LiveRollouts({ rollouts }: { rollouts: readonly Rollout[] }) {
  const t = useText();
  const titleOf = useTitle();
  const [isAll, setAll] = useState(false);
  if (rollouts.length === 0)
    return <Typography.Text type="secondary">{t('overview.noRollouts')}</Typography.Text>;
  const shown = isAll ? rollouts : rollouts.slice(0, SHOWN);
  return (
    <Flex vertical gap="middle">
      {shown.map((rollout) => (
        <Flex key={rollout.id} vertical gap={4}>
          <Flex justify="space-between" gap="small" wrap>
            <Flex gap="small" align="center">
              <Link to={`/rollouts/${rollout.id}`}>{titleOf(rollout)}</Link>
              <Typography.Text type="secondary">{rollout.spec?.userVersion}</Typography.Text>
              <Status rollout={rollout} />
            </Flex>
            <Typography.Text type="secondary">
              {t('overview.done', { n: countOf(rollout, 'SUCCEEDED'), total: rollout.targets })}
            </Typography.Text>
          </Flex>
          <Bar rollout={rollout} counts={rollout.counts} listsOf={rollout.id} />
        </Flex>
      ))}
      {rollouts.length > shown.length && (
        <Button type="link" onClick={() => setAll(true)}>
          {t('overview.more', { n: rollouts.length - shown.length })}
        </Button>
      )}
    </Flex>
  );
}

function countOf({ counts }: Rollout, state: string): number {
  const found = counts.filter((one) => one.state === `ROLLOUT_TARGET_STATE_${state}`);
  return found.reduce((sum, { count }) => sum + count, 0);
}
