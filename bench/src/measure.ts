import { setTimeout as delay } from 'node:timers/promises';
import type { SimControl } from '@wxa/wechat-sim';
import { appidOf, appids } from './appids.js';
import { steadily } from './caller.js';
import { versionIn } from './contenders/figures.js';
import type { LightCaller } from './light-caller.js';
import { quantiles, round, sum } from './numbers.js';
import type { Latency, Wave } from './results.js';

/** Without any effect for so long, what is missing counts as not done. */
const QUIET_MS = 60_000;
const LOOK_EVERY_MS = 100;

/** The clock of the simulator's ledger: epoch milliseconds, monotonic. */
export const clock = (): number => performance.timeOrigin + performance.now();

/** Asks for `each` commits of `count` mini-programs, and waits until the last has had its effect. */
export async function wave(
  caller: LightCaller,
  sim: SimControl,
  { count, each, latencyMs, inFlight }: { count: number; each: number; latencyMs: number; inFlight: number },
): Promise<Wave> {
  await sim.clearLedger();
  const operations = count * each;
  const asked = Array.from({ length: each }, (_, i) =>
    appids(count).map((appid) => ({ appid, version: `1.${i}` })),
  );
  const begun = clock();
  await steadily(asked.flat(), { laneOf: ({ appid }) => appid, count: 400 }, ({ appid, version }) =>
    caller.commit(appid, version),
  );
  const acceptedMs = clock() - begun;
  await effects(sim, operations);
  const calls = await sim.calls();
  const tookMs = Math.max(...calls.map((call) => call.endedAt ?? 0)) - begun;
  const shortestMs = Math.max(each * latencyMs, (operations * latencyMs) / inFlight);
  return {
    operations,
    acceptsPerSecond: Math.round(operations / (acceptedMs / 1000)),
    operationsPerSecond: Math.round(operations / (tookMs / 1000)),
    efficiency: round(shortestMs / tookMs, 3),
  };
}

/**
 * Asks for commits at a steady rate, whether or not the earlier ones are done. The mini-programs take turns: one has its
 * next turn long after its commit has ended, and the simulator knows it already.
 */
export async function latency(
  caller: LightCaller,
  sim: SimControl,
  { count, perSecond, seconds }: { count: number; perSecond: number; seconds: number },
): Promise<Latency> {
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
  return { perSecond, ...quantiles(times) };
}

/** Resolves when so many changes have had their effect; rejects where nothing happens any more. */
export async function effects(sim: SimControl, count: number): Promise<void> {
  const done = await enough(sim, count);
  if (done < count) throw new Error(`of ${count} changes ${done} had their effect, then none for a minute`);
}

/**
 * Resolves with the number of effects when `done` says so, which is asked from so many effects on, or when nothing
 * happens any more.
 */
export async function enough(sim: SimControl, count: number, done = async () => true): Promise<number> {
  let last = { effects: 0, at: clock() };
  while (clock() - last.at < QUIET_MS) {
    const soFar = await effectsSoFar(sim);
    if (soFar > last.effects) last = { effects: soFar, at: clock() };
    if (soFar >= count && (await done())) break;
    await delay(LOOK_EVERY_MS);
  }
  return last.effects;
}

/** How many changes have had their effect. */
async function effectsSoFar(sim: SimControl): Promise<number> {
  return sum(Object.values((await sim.summary()).effects));
}
