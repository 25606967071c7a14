import { expect, it } from '@jest/globals';
import { RolloutSpec } from '@wxa/contracts';
import { specOf } from '../fixtures/samples.js';
import type { StoredCount, StoredRollout } from '../rollout.js';
import { STEP_NUMBERS } from '../target.js';
import { toRollout } from './to-rollout.js';

it('Targets that wait for a read and those that wait for their owners are counted together', () => {
  const waiting = (waitsFor: string, targets: number): StoredCount => ({
    ...{ wave: 1, step: STEP_NUMBERS.READINESS, state: 'WAITING', waitsFor, targets },
  });
  const { counts, waves } = toRollout({
    ...{ spec: RolloutSpec.toJSON(specOf()), state: 'RUNNING', holds: [], wavesStale: false },
    counts: [waiting('READ', 2), waiting('READINESS', 3)],
    waves: [{ wave: 1, targets: 5, submitOpenedAt: null, releaseOpenedAt: null, endedAt: null }],
  } as unknown as StoredRollout);
  const together = [{ waitsFor: 'ROLLOUT_WAIT_READINESS', count: 5 }];
  expect(counts).toMatchObject(together);
  expect(waves[0]?.counts).toMatchObject(together);
});
