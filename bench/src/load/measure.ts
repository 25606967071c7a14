import { setTimeout as delay } from 'node:timers/promises';
import { clock, type SimControl } from '@wxa/wechat-sim';
import type { Quantiles } from '../results.js';
import { appidOf } from './appids.js';
import type { LightCaller } from './light-caller.js';
import { quantiles, sum } from './numbers.js';

/** Jobs without an effect count as not executed after this time without any effect. */
const QUIET_MS = 60_000;
const POLL_INTERVAL_MS = 100;

/**
 * Measures the time from the call of the gateway to the start of the HTTP request, for commits at a steady rate, whether or
 * not earlier ones have ended. The mini-programs take turns, so that the next commit of each comes long after the last has ended.
 */
export async function latency(
  caller: LightCaller,
  sim: SimControl,
  { count, perSecond, seconds }: { count: number; perSecond: number; seconds: number },
): Promise<Quantiles> {
  await sim.clearLedger();
  const submittedAt = new Map<string, number>();
  const startedAt = clock();
  const waiting: Promise<unknown>[] = [];
  for (let i = 0; i < perSecond * seconds; i += 1) {
    const waitMs = startedAt + (i * 1000) / perSecond - clock();
    if (waitMs > 0) await delay(waitMs);
    submittedAt.set(String(i), clock());
    waiting.push(caller.commit(appidOf(i % count), String(i)));
  }
  await Promise.all(waiting);
  await requireEffects(sim, submittedAt.size);
  const times = (await sim.calls({ api: 'wxa/commit' })).map(
    ({ startedAt, body }) => startedAt - (submittedAt.get(versionIn(body)) ?? Number.NaN),
  );
  return quantiles(times);
}

/** Resolves after `count` effects; rejects after 60 s without any. */
export async function requireEffects(sim: SimControl, count: number): Promise<void> {
  const done = await waitForEffects(sim, count);
  if (done < count) throw new Error(`${done} of ${count} changes took effect, then none for 60 s`);
}

/** Resolves with the number of effects after `count` of them, if `done` agrees, or after 60 s without any. */
export async function waitForEffects(
  sim: SimControl,
  count: number,
  done = async () => true,
): Promise<number> {
  let last = { effects: 0, at: clock() };
  while (clock() - last.at < QUIET_MS) {
    const soFar = sum(Object.values((await sim.summary()).effects));
    if (soFar > last.effects) last = { effects: soFar, at: clock() };
    if (soFar >= count && (await done())) break;
    await delay(POLL_INTERVAL_MS);
  }
  return last.effects;
}

/** The version of a commit, from the body of its request to WeChat. */
export function versionIn(body: string): string {
  return JSON.parse(body).user_version;
}
