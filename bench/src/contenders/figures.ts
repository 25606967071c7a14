import type { CallEntry } from '@wxa/wechat-sim';
import type { Figures, Outcome, Workload } from '../results.js';
import type { Job } from './contender.js';

/** The shortest possible time: that of the longest lane, or that of all calls with so many in flight. */
export function shortestMs(
  { latencyMs, inFlight, miniPrograms }: Pick<Workload, 'latencyMs' | 'inFlight' | 'miniPrograms'>,
  jobs: number,
): number {
  const longestLane = Math.ceil(jobs / miniPrograms);
  return Math.max(longestLane * latencyMs, (jobs * latencyMs) / inFlight);
}

export function figuresOf(workload: Workload, { jobs, done, tookMs }: Outcome): Figures {
  const shortest = done < jobs ? 0 : shortestMs(workload, jobs);
  return {
    efficiency: Number((shortest / tookMs).toFixed(4)),
    perSecond: Number((done / (tookMs / 1000)).toFixed(1)),
  };
}

/** Reads the turn that began at `begunAt` out of the ledger; instants are its clock's. */
export function judge(
  rounds: Job[][],
  calls: Pick<CallEntry, 'appid' | 'body' | 'effectAt'>[],
  { begunAt, storedAt }: { begunAt: number; storedAt: number },
): Outcome {
  const jobs = rounds.flat();
  const effects = calls.flatMap(({ appid, body, effectAt }) =>
    appid === null || effectAt === null ? [] : [{ appid, version: versionIn(body), at: effectAt }],
  );
  const times = new Map<string, number>(jobs.map((job) => [nameOf(job), 0]));
  const latest = new Map<string, number>();
  const wrong = new Set<string>();
  for (const { appid, version } of effects.sort((a, b) => a.at - b.at)) {
    const name = nameOf({ appid, userVersion: version });
    times.set(name, (times.get(name) ?? 0) + 1);
    const round = rounds.findIndex((jobsOfRound) => jobsOfRound[0]?.userVersion === version);
    if (round < (latest.get(appid) ?? 0)) wrong.add(appid);
    latest.set(appid, Math.max(round, latest.get(appid) ?? 0));
  }
  const counts = [...times.values()];
  return {
    jobs: jobs.length,
    done: counts.filter((count) => count > 0).length,
    twice: counts.filter((count) => count > 1).length,
    outOfOrder: wrong.size,
    tookMs: Math.round((effects.at(-1)?.at ?? Number.NaN) - begunAt),
    storedMs: Math.round(storedAt - begunAt),
  };
}

function versionIn(body: string): string {
  return JSON.parse(body).user_version;
}

function nameOf({ appid, userVersion }: Job): string {
  return `${appid} ${userVersion}`;
}

/** The middle value and how far the others reach. */
export function spread(values: number[]): { median: number; least: number; most: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  return {
    median: (lower + upper) / 2,
    least: sorted[0] ?? Number.NaN,
    most: sorted.at(-1) ?? Number.NaN,
  };
}
