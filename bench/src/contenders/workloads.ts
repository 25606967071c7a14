import { appidOf } from '../load/appids.js';
import type { Turn, Workload, WorkloadName } from '../results.js';
import type { Job } from './contender.js';
import { type Entry, FIELD, OURS } from './field.js';

/** A workload, and who takes part in it with which turns. */
export interface Contest {
  workload: Workload;
  /** Of FIELD. */
  field: string[];
  /** Instead of those in FIELD, for contenders that are slow in another way here; the others do all. */
  shares?: Record<string, number>;
  /** The others have a turn in the first round alone: no ratio is needed. */
  othersOnce?: boolean;
  /** The turns of ours in each round; absent: the usual one. */
  ours?: Way[];
}

/** One turn of ours in a round. */
export type Way = Pick<Turn, 'variant' | 'workers'>;

const ALL = FIELD.map(({ name }) => name);
const CROWD = { latencyMs: 50, miniPrograms: 200, inFlight: 100, each: 50, rounds: 3, kill: false };
const OVERHEAD = { latencyMs: 1, miniPrograms: 1_000, inFlight: 100, each: 10, rounds: 3, kill: false };

export const CONTESTS: Record<WorkloadName, Contest> = {
  a: { workload: CROWD, field: ALL },
  // `eachMessage` does one call after the other: more permits than at (a) do not help it.
  b: {
    workload: { ...CROWD, miniPrograms: 1_000, inFlight: 500, each: 10 },
    field: ALL.filter((name) => name !== 'nest-each-message'),
    shares: { 'graphile-worker': 1 / 16 },
  },
  c: { workload: OVERHEAD, field: ALL, ours: [{}, { variant: 'drain' }] },
  // Contenders without order have no chain.
  d: {
    workload: { ...CROWD, miniPrograms: 1, each: 200 },
    field: [OURS, 'nest-each-message', 'graphile-worker', 'pg-boss'],
    shares: { 'pg-boss': 1 / 2 },
    othersOnce: true,
  },
  e: {
    workload: { ...CROWD, miniPrograms: 20, each: 20, skewed: 200 },
    field: [OURS, 'nest-partitions', 'graphile-worker', 'pg-boss'],
    shares: { 'pg-boss': 1 / 2 },
    othersOnce: true,
    ours: [{ variant: 'alone' }, {}],
  },
  // A partition waits while one of its messages is tried again.
  f: {
    workload: { ...CROWD, each: 20, busy: 0.1 },
    field: ALL,
    shares: { 'nest-each-message': 1 / 20, 'nest-partitions': 1 / 4, 'graphile-worker': 1 / 8 },
    othersOnce: true,
  },
  g: {
    workload: { ...CROWD, history: 1_000_000 },
    field: [OURS],
    ours: [{ variant: 'empty' }, { variant: 'history' }],
  },
  h: {
    workload: OVERHEAD,
    field: [OURS],
    ours: [1, 2, 4].map((workers) => ({ variant: 'drain', workers })),
  },
  kill: { workload: { ...CROWD, each: 10, rounds: 1, kill: true }, field: ALL },
};

/** Before a turn that is measured: workers start cold, and Node compiles for some ten thousand jobs. */
const WARM_UP = { miniPrograms: 200, each: 25 };

/** What a contender gets that takes a `share` of all: the warm-up, then what is measured. */
export function asked(
  workload: Pick<Workload, 'miniPrograms' | 'each' | 'skewed'>,
  share = 1,
): { warmUp: Job[][]; measured: Job[][] } {
  return { warmUp: jobsOf(WARM_UP, share), measured: jobsOf(workload, share) };
}

/**
 * Commits in rounds: a round has one of each mini-program, or of some. A share that is less than a round has only some
 * mini-programs. Those of the skewed one are spread evenly over those of the others.
 */
export function jobsOf(
  { miniPrograms, each, skewed = 0 }: Pick<Workload, 'miniPrograms' | 'each' | 'skewed'>,
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

/** Cuts where a mini-program comes again: of what a contender is given at once, it need not keep the order. */
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

/** Of the names given, or all, those that take part. */
export function fieldOf({ field }: Contest, named: string[]): Entry[] {
  return FIELD.filter(({ name }) => field.includes(name) && (named.length === 0 || named.includes(name)));
}

/** Whether one of them has a turn in this round. */
export function takesPart({ othersOnce }: Contest, { name }: Entry, round: number): boolean {
  return name === OURS || round === 1 || !othersOnce;
}
