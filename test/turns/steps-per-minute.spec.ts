import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RolloutStep } from '@wxa/contracts';
import { newAppids } from '../rollouts/rollout-steps.js';
import { type ScratchStore, scratchStore } from '../store/scratch-store.js';
import { TurnSteps } from './turn-steps.js';

const MINUTE_MS = 60_000;

let scratch: ScratchStore;
let steps: TurnSteps;
beforeAll(async () => {
  scratch = await scratchStore();
  steps = new TurnSteps(scratch);
});
afterAll(() => scratch?.close());

describe('steps_per_minute', () => {
  it('The steps that ended are counted in clock minutes, and the last full one is kept', async () => {
    const id = await steps.start(newAppids(3), { lastStep: RolloutStep.ROLLOUT_STEP_COMMIT });
    await steps.turns();
    const minutes = async () => {
      const [row] = await scratch.sql<{ at: Date; counts: [number, number] }>(
        `select minute_at as at, array[steps_in_minute, steps_last_minute] as counts from rollouts where id = $1`,
        [id],
      );
      return row ?? { at: new Date(0), counts: [] };
    };
    const counts: Record<number, [inMinute: number, last: number]> = { 0: [4, 7], 1: [1, 3], 2: [1, 0] };
    for (const ago of [0, 1, 2]) {
      await scratch.sql(
        `update rollouts set minute_at = date_trunc('minute', clock_timestamp()) - $2 * interval '1 minute',
           steps_in_minute = 3, steps_last_minute = 7 where id = $1`,
        [id, ago],
      );
      const { at } = await minutes();
      const [commit] = await steps.open(id);
      expect(await steps.settle(commit?.id ?? '', 'SUCCEEDED')).toBe(true);
      await steps.turns();
      const after = await minutes();
      // The clock may have reached the next minute.
      const passed = Math.min(2, (after.at.getTime() - at.getTime()) / MINUTE_MS);
      expect(passed).toBeGreaterThanOrEqual(ago);
      expect(after.counts).toEqual(counts[passed]);
    }
    await scratch.sql(`update rollouts set minute_at = minute_at - interval '1 minute' where id = $1`, [id]);
    expect([0, 1]).toContain((await steps.rollout(id)).stepsPerMinute);
  });
});
