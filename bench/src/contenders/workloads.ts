import type { Workload } from '../results.js';
import type { Job } from './contender.js';

const CROWD = { latencyMs: 50, miniPrograms: 200, inFlight: 100 };

/** By the letters of the issue; `kill` is (a) with a kill -9. */
export const WORKLOADS: Record<string, Workload> = {
  a: { ...CROWD, each: 20, rounds: 3, kill: false },
  c: { latencyMs: 1, miniPrograms: 1_000, inFlight: 100, each: 4, rounds: 3, kill: false },
  kill: { ...CROWD, each: 10, rounds: 1, kill: true },
};

/** Before a turn that is measured: workers start cold. */
const WARM_UP = { miniPrograms: 200, each: 2 };

/** What a contender is asked for that takes a `share` of all, first to get warm and then measured. */
export function asked(
  { miniPrograms, each }: Workload,
  share: number,
): { warmUp: Job[][]; measured: Job[][] } {
  return {
    warmUp: jobsOf({ ...WARM_UP, miniPrograms: Math.ceil(WARM_UP.miniPrograms * share) }),
    measured: jobsOf({ miniPrograms, each: Math.ceil(each * share) }),
  };
}

/** The commits in rounds: a round has one of each mini-program, and is asked for when the one before is stored. */
export function jobsOf({ miniPrograms, each }: { miniPrograms: number; each: number }): Job[][] {
  const appids = Array.from({ length: miniPrograms }, (_, i) => `wx${i.toString(16).padStart(16, '0')}`);
  return Array.from({ length: each }, (_, i) => appids.map((appid) => ({ appid, userVersion: `1.${i}` })));
}
