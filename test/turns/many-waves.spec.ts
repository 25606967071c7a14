import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newAppids } from '../rollouts/rollout-steps.js';
import { type ScratchStore, scratchStore } from '../store/scratch-store.js';
import { TurnSteps } from './turn-steps.js';

const WAVES = 100;
const WOKEN = 500;
/** A turn looks at all waves in each of its decisions. */
const MOST_LOOKS = 20;

let scratch: ScratchStore;
let steps: TurnSteps;
beforeAll(async () => {
  scratch = await scratchStore();
  steps = new TurnSteps(scratch);
});
afterAll(() => scratch?.close());

describe('turn', () => {
  it('A turn looks at each of 100 waves with speed-ups as often for 500 woken targets as for one', async () => {
    const waves = Array.from({ length: WAVES }, () => ({
      size: { $case: 'count' as const, value: WOKEN / WAVES },
      speedUp: true,
    }));
    const id = await steps.start(newAppids(WOKEN), { waves, auditBudget: { maxSpeedUps: 5 } });
    await steps.turns();
    const looks = { one: 0, all: 0 };
    for (const woken of ['one', 'all'] as const) {
      await scratch.sql(
        `insert into rollout_wakeups (rollout_id, appid)
         select rollout_id, appid from rollout_targets where rollout_id = $1 order by position limit $2`,
        [id, woken === 'one' ? 1 : WOKEN],
      );
      await steps.turn((turn) => {
        expect(turn.woken).toHaveLength(woken === 'one' ? 1 : WOKEN);
        for (const row of turn.waves) {
          const { wave } = row;
          Object.defineProperty(row, 'wave', {
            enumerable: true,
            get: () => {
              looks[woken] += 1;
              return wave;
            },
          });
        }
      });
    }
    expect(looks.all).toBe(looks.one);
    expect(looks.all).toBeLessThanOrEqual(MOST_LOOKS * WAVES);
  });
});
