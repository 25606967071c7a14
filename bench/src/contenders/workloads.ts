import type { Variant, Workload, WorkloadName } from '../results.js';
import type { Job } from './contender.js';
import { FIELD } from './field.js';

/** A workload, and who takes part in it with which turns. */
export interface Contest {
  workload: Workload;
  /** Of FIELD; absent: all. */
  field?: string[];
  /** The turns of ours in each round; absent: the usual one. */
  ours?: { variant?: Variant; workers?: number }[];
}

const CROWD = { latencyMs: 50, miniPrograms: 200, inFlight: 100, each: 50, rounds: 3, kill: false };
const OVERHEAD = { latencyMs: 1, miniPrograms: 1_000, inFlight: 100, rounds: 3, kill: false };

export const CONTESTS: Partial<Record<WorkloadName, Contest>> = {
  a: { workload: CROWD },
  c: { workload: { ...OVERHEAD, each: 10 } },
  kill: { workload: { ...CROWD, each: 10, rounds: 1, kill: true } },
};

/** Before a turn that is measured: workers start cold. */
const WARM_UP = { miniPrograms: 200, each: 5 };

/** What a contender is asked for that takes a `share` of all, first to get warm and then measured. */
export function asked(
  { miniPrograms, each }: Workload,
  share: number,
): { warmUp: Job[][]; measured: Job[][] } {
  return {
    warmUp: jobsOf(WARM_UP, share),
    measured: jobsOf({ miniPrograms, each }, share),
  };
}

/** Commits in rounds: a round has one of each mini-program. A share that is less than a round has only some of them. */
export function jobsOf({ miniPrograms, each }: Pick<Workload, 'miniPrograms' | 'each'>, share = 1): Job[][] {
  const rounds = Math.ceil(each * share);
  const count = Math.min(miniPrograms, Math.ceil(miniPrograms * each * share));
  const appids = Array.from({ length: count }, (_, i) => `wx${i.toString(16).padStart(16, '0')}`);
  return Array.from({ length: rounds }, (_, i) => appids.map((appid) => ({ appid, userVersion: `1.${i}` })));
}

/** Of the names given, or all, those that take part. */
export function fieldOf({ field }: Contest, named: string[]): typeof FIELD {
  return FIELD.filter(
    ({ name }) => (field ?? [name]).includes(name) && (named.length === 0 || named.includes(name)),
  );
}
