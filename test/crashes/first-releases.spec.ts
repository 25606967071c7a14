/** @alone Workers are killed every 10 s, however little they have done. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, it } from '@jest/globals';
import type { App } from '@wxa/stack';
import { Journey, placeOf } from '../journeys/journey.js';
import {
  changesOf,
  countCalls,
  expectReleased,
  MOST,
  missingOf,
  openRollout,
  storeNeeds,
} from '../journeys/newcomers.js';
import { byLength } from '../length.js';
import { SHORT_WAITS } from '../rollouts/rollout-steps.js';
import { eventually, kill, startAgain, useWorld, world } from '../use-world.js';

const { customers, unfiled, withoutCategory } = byLength({
  short: { customers: 60, unfiled: 4, withoutCategory: 2 },
  long: { customers: 500, unfiled: 30, withoutCategory: 20 },
});
const KILL_EVERY_MS = 10_000;
const MINUTE_MS = 60_000;
/** Without other load. */
const LIVE_MS = byLength({ short: Number.POSITIVE_INFINITY, long: 8 * MINUTE_MS });
const FILED_MS = byLength({ short: Number.POSITIVE_INFINITY, long: 5 * MINUTE_MS });

/** What a killed worker has read is read again: in the short form that is a larger share. */
const VERSION_READS = byLength({ short: MOST.versions + 1, long: MOST.versions });

useWorld({
  ...{ workers: 3, follow: false },
  env: {
    ...{ WECHAT_TOKEN_SOURCE: 'component', SIM_AUDIT_DELAY_MS: byLength({ short: '1000', long: '60000' }) },
    ...byLength<Record<string, string>>({ short: SHORT_WAITS, long: {} }),
  },
});

const seconds = (ms: number) => `${Math.round(ms / 1000)} s`;

const rollouts = new Journey(() => world);

/** Kills one worker after another until the signal is aborted; each starts again. */
async function killWorkers(signal: AbortSignal): Promise<void> {
  for (let i = 0; ; i += 1) {
    await delay(KILL_EVERY_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const [worker] = world.stack.workers.slice(i % world.stack.workers.length) as [App];
    await kill(worker);
    await startAgain(worker);
  }
}

const over = new AbortController();
let killed: Promise<void> | undefined;
const endKills = () => {
  over.abort();
  return killed;
};
// Also after a failure, so that no worker is started while the world stops.
afterEach(endKills);

it(
  'Customers who authorize within a minute go live by themselves while a worker is killed every 10 s, each with one commit, one set and one release',
  async () => {
    await storeNeeds(world);
    const { id } = await openRollout(rollouts);
    killed = killWorkers(over.signal);
    const startedAt = Date.now();
    const appids = await world.sim.authorizeMany({ count: customers, unfiled, withoutCategory });
    const late = appids.slice(customers - unfiled);
    const empty = appids.slice(customers - unfiled - withoutCategory, customers - unfiled);
    const ready = appids.slice(0, customers - unfiled - withoutCategory);
    const areAt = (some: string[], place: string) =>
      eventually(async () => {
        const targets = await rollouts.targets(id);
        const places = new Map(targets.map((target) => [target.appid, placeOf(target)]));
        expect(some.filter((appid) => places.get(appid) !== place)).toEqual([]);
      }, 12 * MINUTE_MS);
    await areAt(ready, 'VERIFY SUCCEEDED');
    const liveMs = Date.now() - startedAt;
    expect(liveMs).toBeLessThan(LIVE_MS);
    await areAt([...late, ...empty], 'READINESS WAITING READINESS');
    for (const appid of late) expect(await missingOf(world, appid)).toEqual(['FILING OWNER']);
    for (const appid of empty) expect(await missingOf(world, appid)).toEqual(['CATEGORY OWNER']);

    const filedAt = Date.now();
    for (const appid of late) await world.sim.setFiling(appid, { status: 6 });
    await areAt(late, 'VERIFY SUCCEEDED');
    const filedMs = Date.now() - filedAt;
    expect(filedMs).toBeLessThan(FILED_MS);
    await endKills();
    await expectReleased(world, [...ready, ...late]);
    const { each, versions } = await countCalls(world, appids);
    const calls = each.reduce((all, one) => all + one, 0);
    process.stderr.write(
      `${customers} customers: all ready ones live after ${seconds(liveMs)}, filed ones ${seconds(filedMs)} later; ` +
        `${(calls / customers).toFixed(1)} calls of WeChat for each, of them ${(versions / customers).toFixed(1)} of getversioninfo\n`,
    );
    expect(calls).toBeLessThanOrEqual(MOST.calls * customers);
    expect(versions).toBeLessThanOrEqual(VERSION_READS * customers);
    for (const appid of empty) expect(changesOf(await world.sim.calls({ appid }))).toEqual([]);
  },
  25 * MINUTE_MS,
);
