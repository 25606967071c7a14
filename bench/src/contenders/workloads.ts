import { appidOf } from '../load/appids.js';
import type { BenchWorkload, ContenderTurn, WorkloadName } from '../results.js';
import type { Job } from './contender.js';
import { CONTENDERS, type ContenderInfo, OURS } from './contender-list.js';

/** A workload, the contenders that run it, and their turns. */
export interface Scenario {
  workload: BenchWorkload;
  /** Names in CONTENDERS. */
  contenders: string[];
  /** Replaces the shares in CONTENDERS; a contender without a share here runs all jobs. */
  shares?: Record<string, number>;
  /** The alternatives have a turn in the first round only, because no ratio is needed. */
  othersOnce?: boolean;
  /** The turns of this product in each round; absent: the usual one. */
  ours?: TurnVariant[];
}

/** The kind of a turn of this product. */
export type TurnVariant = Pick<ContenderTurn, 'variant' | 'workers'>;

const ALL = CONTENDERS.map(({ name }) => name);
const CROWD = { latencyMs: 50, miniPrograms: 200, inFlight: 100, each: 50, rounds: 3, kill: false };
const OVERHEAD = { latencyMs: 1, miniPrograms: 1_000, inFlight: 100, each: 10, rounds: 3, kill: false };

export const SCENARIOS: Record<WorkloadName, Scenario> = {
  a: { workload: CROWD, contenders: ALL },
  // `eachMessage` makes one call after the other, so a higher limit of calls in flight does not change it.
  b: {
    workload: { ...CROWD, miniPrograms: 1_000, inFlight: 500, each: 10 },
    contenders: ALL.filter((name) => name !== 'nest-each-message'),
    shares: { 'graphile-worker': 1 / 16 },
  },
  c: { workload: OVERHEAD, contenders: ALL, ours: [{}, { variant: 'drain' }] },
  // Without contenders that keep no order: they do not run the calls one after the other.
  d: {
    workload: { ...CROWD, miniPrograms: 1, each: 200 },
    contenders: [OURS, 'nest-each-message', 'graphile-worker', 'pg-boss'],
    shares: { 'pg-boss': 1 / 2 },
    othersOnce: true,
  },
  e: {
    workload: { ...CROWD, miniPrograms: 20, each: 20, skewed: 200 },
    contenders: [OURS, 'nest-partitions', 'graphile-worker', 'pg-boss'],
    shares: { 'pg-boss': 1 / 2 },
    othersOnce: true,
    ours: [{ variant: 'alone' }, {}],
  },
  // A partition waits while one of its messages is retried.
  f: {
    workload: { ...CROWD, each: 20, busy: 0.1 },
    contenders: ALL,
    shares: { 'nest-each-message': 1 / 20, 'nest-partitions': 1 / 4, 'graphile-worker': 1 / 8 },
    othersOnce: true,
  },
  g: {
    workload: { ...CROWD, history: 1_000_000 },
    contenders: [OURS],
    ours: [{ variant: 'empty' }, { variant: 'history' }],
  },
  h: {
    workload: OVERHEAD,
    contenders: [OURS],
    ours: [1, 2, 4].map((workers) => ({ variant: 'drain', workers })),
  },
  kill: { workload: { ...CROWD, each: 10, rounds: 1, kill: true }, contenders: ALL },
};

/** Runs before a measured turn: workers start cold, and Node compiles during the first ten thousand jobs or so. */
const WARM_UP = { miniPrograms: 200, each: 25 };

/** The jobs of a contender with the given share: those of the warm-up, then the measured ones. */
export function jobsFor(
  workload: Pick<BenchWorkload, 'miniPrograms' | 'each' | 'skewed'>,
  share = 1,
): { warmUp: Job[][]; measured: Job[][] } {
  return { warmUp: jobsOf(WARM_UP, share), measured: jobsOf(workload, share) };
}

/**
 * Commits in rounds; a round has at most one commit of each mini-program. A share of less than one round has only some of
 * the mini-programs. The commits of the skewed mini-program are spread evenly over the others.
 */
export function jobsOf(
  { miniPrograms, each, skewed = 0 }: Pick<BenchWorkload, 'miniPrograms' | 'each' | 'skewed'>,
  share = 1,
): Job[][] {
  const count = Math.min(miniPrograms, Math.ceil(miniPrograms * each * share));
  const others = Array.from({ length: count * Math.ceil(each * share) }, (_, i) => ({
    appid: appidOf(i % count),
    userVersion: `1.${Math.floor(i / count)}`,
  }));
  const more = Math.ceil(skewed * share);
  const skewedBefore = (i: number) => Math.ceil((i * more) / others.length);
  const jobs = others.flatMap((job, i) => [
    job,
    ...Array.from({ length: skewedBefore(i + 1) - skewedBefore(i) }, (_, n) => ({
      appid: SKEWED,
      userVersion: `1.${skewedBefore(i) + n}`,
    })),
  ]);
  return inRounds(jobs);
}

/** Starts a new round when a mini-program repeats: a contender need not keep the order of jobs that it gets in one call. */
function inRounds(jobs: Job[]): Job[][] {
  const rounds: Job[][] = [];
  let seen = new Set<string>();
  for (const job of jobs) {
    if (rounds.length === 0 || seen.has(job.appid)) {
      rounds.push([]);
      seen = new Set();
    }
    rounds.at(-1)?.push(job);
    seen.add(job.appid);
  }
  return rounds;
}

export const SKEWED = 'wxffffffffffffffff';

/** The contenders of a scenario, limited to those named unless `named` is empty. */
export function contendersOf({ contenders }: Scenario, named: string[]): ContenderInfo[] {
  return CONTENDERS.filter(
    ({ name }) => contenders.includes(name) && (named.length === 0 || named.includes(name)),
  );
}

/** Whether a contender has a turn in this round. */
export function takesPart({ othersOnce }: Scenario, { name }: ContenderInfo, round: number): boolean {
  return name === OURS || round === 1 || !othersOnce;
}
