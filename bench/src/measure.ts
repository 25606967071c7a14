import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Stack } from '@wxa/stack';
import type { SimControl } from '@wxa/wechat-sim';
import { steadily } from './caller.js';
import type { LightCaller } from './light-caller.js';
import type { Latency, Quantiles, Wave } from './results.js';

/** The clock of the simulator's ledger: epoch milliseconds, monotonic. */
export const clock = (): number => performance.timeOrigin + performance.now();

const appids = (count: number) =>
  Array.from({ length: count }, (_, i) => `wx${i.toString(16).padStart(16, '0')}`);

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

/** Asks for commits at a steady rate, each of another mini-program, whether or not the earlier ones are done. */
export async function latency(
  caller: LightCaller,
  sim: SimControl,
  perSecond: number,
  seconds: number,
): Promise<Latency> {
  await sim.clearLedger();
  const asked = new Map<string, number>();
  const begun = clock();
  const waiting: Promise<unknown>[] = [];
  for (const [i, appid] of appids(perSecond * seconds).entries()) {
    const due = begun + (i * 1000) / perSecond;
    if (due > clock()) await delay(due - clock());
    asked.set(appid, clock());
    waiting.push(caller.commit(appid, '1.0'));
  }
  await Promise.all(waiting);
  await effects(sim, asked.size);
  const times = (await sim.calls({ api: 'wxa/commit' })).map(
    (call) => call.startedAt - (asked.get(call.appid ?? '') ?? Number.NaN),
  );
  return { perSecond, ...quantiles(times) };
}

export function quantiles(values: number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => round(sorted[Math.floor(sorted.length * share)] ?? Number.NaN, 2);
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999) };
}

/** Resident memory of each process, in MiB. */
export async function residentMiB({ gateway, workers }: Stack): Promise<Record<string, number>> {
  const apps = [gateway, ...workers];
  const sizes = await Promise.all(
    apps.map(async ({ name, pid }) => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      return [name, Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024)] as const;
    }),
  );
  return Object.fromEntries(sizes);
}

/** Resolves when so many changes have had their effect. */
export async function effects(sim: SimControl, count: number): Promise<void> {
  while ((await effectsSoFar(sim)) < count) await delay(100);
}

/** How many changes have had their effect. */
export async function effectsSoFar(sim: SimControl): Promise<number> {
  const { effects: done } = await sim.summary();
  return Object.values(done).reduce((sum, n) => sum + n, 0);
}

/** The most calls that began within any one second; `starts` in order, in milliseconds. */
export function mostInOneSecond(starts: number[]): number {
  let from = 0;
  let most = 0;
  for (const [i, start] of starts.entries()) {
    while (start - (starts[from] ?? 0) >= 1000) from += 1;
    most = Math.max(most, i - from + 1);
  }
  return most;
}

const round = (value: number, digits: number) => Number(value.toFixed(digits));
