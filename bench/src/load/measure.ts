import { setTimeout as delay } from 'node:timers/promises';
import type { SimControl } from '@wxa/wechat-sim';
import { versionIn } from '../contenders/figures.js';
import type { Quantiles } from '../results.js';
import { appidOf } from './appids.js';
import type { LightCaller } from './light-caller.js';
import { quantiles, sum } from './numbers.js';

/** What is missing after such a time without any effect counts as not done. */
const QUIET_MS = 60_000;
const LOOK_EVERY_MS = 100;

/** The clock of the simulator's ledger: epoch milliseconds, monotonic. */
export const clock = (): number => performance.timeOrigin + performance.now();

/**
 * From the call of the gateway to the start of the HTTP request, for commits at a steady rate, whether or not earlier ones are
 * done. The mini-programs take turns: each has its next turn long after its commit has ended.
 */
export async function latency(
  caller: LightCaller,
  sim: SimControl,
  { count, perSecond, seconds }: { count: number; perSecond: number; seconds: number },
): Promise<Quantiles> {
  await sim.clearLedger();
  const asked = new Map<string, number>();
  const begun = clock();
  const waiting: Promise<unknown>[] = [];
  for (let i = 0; i < perSecond * seconds; i += 1) {
    const due = begun + (i * 1000) / perSecond;
    if (due > clock()) await delay(due - clock());
    asked.set(String(i), clock());
    waiting.push(caller.commit(appidOf(i % count), String(i)));
  }
  await Promise.all(waiting);
  await effects(sim, asked.size);
  const times = (await sim.calls({ api: 'wxa/commit' })).map(
    ({ startedAt, body }) => startedAt - (asked.get(versionIn(body)) ?? Number.NaN),
  );
  return quantiles(times);
}

/** Resolves when so many changes have had their effect; rejects after a minute without any. */
export async function effects(sim: SimControl, count: number): Promise<void> {
  const done = await enough(sim, count);
  if (done < count) throw new Error(`of ${count} changes ${done} had their effect, then none for a minute`);
}

/** Resolves with the number of effects when there are `count` and `done` agrees, or after a minute without any. */
export async function enough(sim: SimControl, count: number, done = async () => true): Promise<number> {
  let last = { effects: 0, at: clock() };
  while (clock() - last.at < QUIET_MS) {
    const soFar = sum(Object.values((await sim.summary()).effects));
    if (soFar > last.effects) last = { effects: soFar, at: clock() };
    if (soFar >= count && (await done())) break;
    await delay(LOOK_EVERY_MS);
  }
  return last.effects;
}
