/** @alone Judges a rate. */
import { expect, it } from '@jest/globals';
import { byLength } from '../length.js';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { eventually, newAppid, useWorldPerTest } from '../use-world.js';
import type { World } from '../world.js';

const start = useWorldPerTest();

const LIMIT = 100;
const SECONDS = byLength({ short: 4, long: 7 });
const CALLS = LIMIT * SECONDS;
const MOST = 1.05 * LIMIT;
const USED = 0.95;
/** Other load on the machine makes some calls late, but not in each round. */
const ROUNDS = 3;

/** The share of the limit that was used. */
function shareUsed(starts: number[]): number {
  const tookMs = (starts.at(-1) ?? 0) - (starts[0] ?? 0);
  return (starts.length - 1) / (tookMs / 1000) / LIMIT;
}

function mostInOneSecond(starts: number[]): number {
  return Math.max(...starts.map((from) => starts.filter((at) => at >= from && at < from + 1000).length));
}

/** Without the first second, in which operations are still being accepted. */
function steady(starts: number[]): number[] {
  return starts.filter((start) => start >= (starts[0] ?? 0) + 1000);
}

async function callStarts(world: World, api: string, appids: readonly string[]): Promise<number[]> {
  const calls = (await world.sim.calls({ api })).filter(({ appid }) => appids.includes(appid ?? ''));
  return calls.map(({ startedAt }) => startedAt).sort((a, b) => a - b);
}

interface Rate {
  /** The most calls in any second. */
  most: number;
  /** The share of the limit that was used. */
  used: number;
}

async function rateOfRound(world: World, round: number): Promise<Rate> {
  const appids = Array.from({ length: CALLS }, newAppid);
  await Promise.all(
    appids.map((appid) => world.change('Commit', { appid, templateId: 1n, userVersion: '1.0' })),
  );
  await eventually(async () => (await world.sim.summary()).effects.commit === round * CALLS);
  const starts = await callStarts(world, 'wxa/commit', appids);
  return { most: mostInOneSecond(starts), used: shareUsed(steady(starts)) };
}

const isWithinLimit = ({ most, used }: Rate) => most <= MOST && used >= USED;

it.each(byLength({ short: [4], long: [1, 2, 4] }))(
  `%i workers together make at most ${MOST} calls in any second and use at least 95 % of a limit of ${LIMIT}`,
  async (workers) => {
    const world = await start({ workers, env: { WECHAT_RATE_PER_API: String(LIMIT) } });
    let rate = await rateOfRound(world, 1);
    for (let round = 2; round <= ROUNDS && !isWithinLimit(rate); round++)
      rate = await rateOfRound(world, round);
    expect(rate.most).toBeLessThanOrEqual(MOST);
    expect(rate.used).toBeGreaterThanOrEqual(USED);
  },
);

/** The most calls in any second, of SubmitAudit or of its snapshot reads, of which half are slow. */
async function mostOfAudits(world: World, count: number): Promise<number> {
  const appids = Array.from({ length: count }, newAppid);
  await Promise.all(
    appids.map((appid) => world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' })),
  );
  const read = { api: 'wxa/get_latest_auditstatus', kind: 'latency', ms: 400 } as const;
  await Promise.all(
    appids.filter((_, i) => i % 2 === 0).map((appid) => world.sim.addFault({ ...read, appid })),
  );
  await Promise.all(appids.map((appid) => world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] })));
  const of = async (api: string) => {
    const starts = await callStarts(world, api, appids);
    expect(starts).toHaveLength(count);
    return mostInOneSecond(starts);
  };
  return Math.max(await of('wxa/submit_audit'), await of(read.api));
}

it('SubmitAudit and its slow snapshot reads each make at most 22 calls in any second with a limit of 20', async () => {
  const limit = 20;
  const world = await start({ env: { WECHAT_RATE_PER_API: String(limit) } });
  let most = await mostOfAudits(world, 4 * limit);
  for (let round = 2; round <= ROUNDS && most > limit + 2; round++)
    most = await mostOfAudits(world, 4 * limit);
  expect(most).toBeLessThanOrEqual(limit + 2);
});
