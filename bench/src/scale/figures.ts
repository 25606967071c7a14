import { USED_SHARE } from '@wxa/release-worker';
import { round, sum } from '../numbers.js';
import { AFTER_AUDIT, BEFORE_AUDIT, OPERATIONS_EACH, type Scenario } from './parameters.js';
import type { Simulated, Used } from './simulate.js';
import type { Split } from './simulated-worker.js';

/** How much of each was used in a phase, 0 to 1. */
export interface Shares {
  /** The API that was called most, of what is given out of WECHAT_RATE_PER_API. */
  rate: number;
  /** WORKER_CONCURRENCY of all workers; of the one that has most to do. */
  slots: number;
  busiestSlots: number;
  /** CPU of the busiest process. */
  worker: number;
  gateway: number;
  postgres: number;
}

export interface Phase {
  name: 'submitting' | 'submitting and releasing' | 'audits only' | 'releasing';
  seconds: number;
  binds: keyof Shares | 'nothing';
  shares: Shares;
}

/** One simulated wave. */
export interface Row {
  perApi: number;
  concurrency: number;
  workers: number;
  gateways: number;
  window: number;
  tookS: number;
  /** No wave can be shorter: WeChat's rate, the calls in flight and an audit allow no less. */
  shortestS: number;
  efficiency: number;
  operationsPerSecond: number;
  callsPerOperation: number;
  /** Operations that missed their deadline and were asked for again. */
  failed: number;
  /** Mini-programs of the worker that has most, over its fair share. */
  skew: number;
  phases: Phase[];
  /** Of one mini-program, its audit left out, in seconds. */
  split: Split;
}

/** Less than this of a resource binds nothing. */
const BINDS = 0.9;

export function rowOf(scenario: Scenario, simulated: Simulated): Row {
  const { miniPrograms, perApi, concurrency, workers, gateways, window } = scenario;
  const { tookMs, operations, calls, failed, split, skew } = simulated;
  const shortest = shortestMs(scenario);
  return {
    perApi,
    concurrency,
    workers,
    gateways,
    window,
    tookS: round(tookMs / 1000, 1),
    shortestS: round(shortest / 1000, 1),
    efficiency: round(shortest / tookMs, 3),
    operationsPerSecond: round((operations * 1000) / tookMs, 1),
    callsPerOperation: round(calls / operations, 3),
    failed,
    skew: round(skew, 3),
    phases: phasesOf(scenario, simulated.used),
    split: mapValues(split, (ms) => round(ms / miniPrograms / 1000, 3)),
  };
}

/**
 * The shortest possible time: an API is called once for each mini-program and no faster than its limit, each call takes
 * a slot for as long as WeChat takes, and the last audit ends before its release. Questions that we ask for safety and
 * repeats are not in it.
 */
export function shortestMs({ miniPrograms, perApi, workers, concurrency, wechat }: Scenario): number {
  const latencyMs = wechat.latencyMs + wechat.slowShare * wechat.slowMs;
  const slots = workers * concurrency;
  const callsMs = (each: number) => (miniPrograms * each * latencyMs) / slots;
  const rateMs = perApi === 0 ? 0 : (miniPrograms * 1000) / perApi;
  const chainMs = OPERATIONS_EACH * latencyMs;
  return Math.max(
    callsMs(OPERATIONS_EACH),
    Math.max(rateMs, callsMs(BEFORE_AUDIT.length), chainMs - AFTER_AUDIT.length * latencyMs) + wechat.auditMs,
  );
}

const START: Omit<Used, 'slots' | 'workers' | 'gateways'> = {
  at: 0,
  when: 'submitted',
  calls: {},
  postgres: 0,
};

function phasesOf(scenario: Scenario, used: Used[]): Phase[] {
  const zeros = (count: number) => new Array<number>(count).fill(0);
  const { workers, gateways } = scenario;
  let before: Used = { ...START, slots: zeros(workers), workers: zeros(workers), gateways: zeros(gateways) };
  return used.map((now, i) => {
    const shares = sharesOf(scenario, before, now);
    const phase: Phase = {
      name: nameOf(used, i),
      seconds: round((now.at - before.at) / 1000, 1),
      binds: binding(shares),
      shares,
    };
    before = now;
    return phase;
  });
}

function nameOf(used: Used[], i: number): Phase['name'] {
  if (i === 0) return 'submitting';
  if (i === 2) return 'releasing';
  return used[0]?.when === 'verdict' ? 'submitting and releasing' : 'audits only';
}

function sharesOf(scenario: Scenario, before: Used, now: Used): Shares {
  const { perApi, concurrency, workers, cores } = scenario;
  const ms = now.at - before.at;
  const busiest = (of: (used: Used) => number[]) =>
    Math.max(...of(now).map((spent, i) => spent - (of(before)[i] ?? 0))) / ms;
  const calls = Object.entries(now.calls).map(([api, count]) => count - (before.calls[api] ?? 0));
  const held = sum(now.slots) - sum(before.slots);
  const postgresCores = 'shared' in cores ? cores.shared : cores.postgres;
  const shares = {
    rate: perApi === 0 ? 0 : (Math.max(...calls) * 1000) / ms / (perApi * USED_SHARE),
    slots: held / ms / (workers * concurrency),
    busiestSlots: busiest(({ slots }) => slots) / concurrency,
    worker: busiest((used) => used.workers),
    gateway: busiest((used) => used.gateways),
    postgres: (now.postgres - before.postgres) / ms / postgresCores,
  };
  return mapValues(shares, (share) => round(share, 3));
}

/** Where all workers are full, that says more than that the busiest is. */
function binding(shares: Shares): Phase['binds'] {
  const most = Math.max(...Object.values(shares));
  if (most < BINDS) return 'nothing';
  const inOrder: (keyof Shares)[] = ['rate', 'slots', 'gateway', 'postgres', 'worker', 'busiestSlots'];
  return inOrder.find((name) => shares[name] >= BINDS && shares[name] >= most - 0.05) ?? 'nothing';
}

function mapValues<T extends object>(record: T, change: (value: number) => number): T {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)])) as T;
}
