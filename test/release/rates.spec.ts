import { describe, expect, it } from '@jest/globals';
import { anAppid, eventually, World } from '../world.js';

const LIMIT = 100;
const SECONDS = 7;
const CALLS = LIMIT * SECONDS;

/** The most calls that began in any one second. */
function mostInOneSecond(starts: number[]): number {
  let from = 0;
  let most = 0;
  for (const [i, start] of starts.entries()) {
    while (start - (starts[from] ?? 0) >= 1000) from += 1;
    most = Math.max(most, i - from + 1);
  }
  return most;
}

/** How much of the limit was used, from the second second on: in the first the work is still coming in. */
function shareUsed(starts: number[]): number {
  const steady = starts.filter((start) => start >= (starts[0] ?? 0) + 1000);
  const tookMs = (steady.at(-1) ?? 0) - (steady[0] ?? 0);
  return (steady.length - 1) / (tookMs / 1000) / LIMIT;
}

async function callStarts(world: World, api: string): Promise<number[]> {
  return (await world.sim.calls({ api })).map((call) => call.startedAt).sort((a, b) => a - b);
}

describe(`WECHAT_RATE_PER_API=${LIMIT}`, () => {
  it.each([1, 2, 4])(
    'is kept and used over all mini-programs by %i workers',
    async (workers) => {
      const world = await World.start({ workers, env: { WECHAT_RATE_PER_API: String(LIMIT) } });
      try {
        const appids = Array.from({ length: CALLS }, anAppid);
        await Promise.all(
          appids.map((appid) => world.change('Commit', { appid, templateId: 1n, userVersion: '1.0' })),
        );
        await eventually(async () => (await world.sim.summary()).effects.commit === CALLS, 30_000);
        const starts = await callStarts(world, 'wxa/commit');
        expect(mostInOneSecond(starts)).toBeLessThanOrEqual(LIMIT * 1.05);
        expect(shareUsed(starts)).toBeGreaterThanOrEqual(0.95);
      } finally {
        await world.stop();
      }
    },
    90_000,
  );
});
