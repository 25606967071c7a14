import { expect, it } from '@jest/globals';
import { usageOf } from './usage.js';

type Rollout = Parameters<typeof usageOf>[1][number];
const count = (step: string, state: string) =>
  ({
    step: `ROLLOUT_STEP_${step}`,
    state: `ROLLOUT_TARGET_STATE_${state}`,
    count: 4,
  }) as Rollout['counts'][number];
const rollout = (state: string, counts: ReturnType<typeof count>[] = [], open = false) =>
  ({
    ...{ id: 'a', counts, state: `ROLLOUT_STATE_${state}`, open, rollbackOf: '' },
    spec: { name: 'a!', templateId: '7' },
  }) as Rollout;
const AUDITED = [count('AUDIT', 'WAITING'), count('COMMIT', 'SKIPPED')];

it.each([
  [true, rollout('RUNNING', [count('COMMIT', 'PENDING')])],
  [true, rollout('PAUSED', [count('COMMIT', 'FAILED')])],
  [true, rollout('RUNNING', [count('READINESS', 'WAITING')])],
  [true, rollout('RUNNING', AUDITED, true)],
  [false, rollout('RUNNING', AUDITED)],
  [false, rollout('DRAFT', [count('COMMIT', 'PENDING')])],
  [false, rollout('CANCELLING', [count('COMMIT', 'PENDING')])],
])('Whether a rollout that uses a template would fail without it is %p: %j', (isNeeding, given) => {
  const usage = usageOf({ templateId: '7', use: { liveMiniPrograms: '12', rolloutIds: [] } }, [given]);
  expect(usage).toEqual({ rollouts: [{ id: 'a', name: 'a!', isNeeding }], live: 12 });
  expect(usageOf({ templateId: '8' }, [given])).toEqual({ rollouts: [], live: 0 });
  expect(usageOf({ templateId: '7' }, [{ ...given, rollbackOf: 'b' }])).toEqual({ rollouts: [], live: 0 });
});
