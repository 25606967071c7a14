import type { CallEntry } from '@wxa/wechat-sim';
import { versionIn } from '../load/measure.js';
import type { BenchWorkload, ContenderTurn, Figures, TurnOutcome } from '../results.js';
import type { Job } from './contender.js';

/**
 * The shortest possible time: that of the longest lane, or that of all calls with `inFlight` at a time, whichever is longer.
 * If WeChat returns -1 for a share of the calls, all lanes have more calls in proportion.
 */
export function shortestMs(
  { latencyMs, inFlight, busy = 0 }: Pick<BenchWorkload, 'latencyMs' | 'inFlight' | 'busy'>,
  jobs: Job[],
): number {
  return (Math.max(longestLane(jobs), jobs.length / inFlight) * latencyMs) / (1 - busy);
}

function longestLane(jobs: Job[]): number {
  const lanes = new Map<string, number>();
  for (const { appid } of jobs) lanes.set(appid, (lanes.get(appid) ?? 0) + 1);
  return Math.max(0, ...lanes.values());
}

/** @param shortest the result of `shortestMs`. */
export function figuresOf(shortest: number, { jobs, done, tookMs }: TurnOutcome): Figures {
  return {
    efficiency: done < jobs ? 0 : Number((shortest / tookMs).toFixed(4)),
    perSecond: Number((done / (tookMs / 1000)).toFixed(1)),
  };
}

export type CommitCall = Pick<CallEntry, 'appid' | 'body' | 'effectAt'>;

/** Evaluates a turn from the ledger. Instants are those of its clock; `jobs` are in the order of their submission. */
export function outcomeOf(
  jobs: Job[],
  calls: CommitCall[],
  { turnStartedAt, storedAt }: { turnStartedAt: number; storedAt: number },
): TurnOutcome {
  const indexes = new Map(jobs.map((job, index) => [keyOf(job), index]));
  const times = jobs.map(() => 0);
  const latest = new Map<string, number>();
  const wrong = new Set<string>();
  const effects = effectsIn(calls);
  for (const { job } of effects) {
    const index = indexes.get(keyOf(job));
    // A job of the warm-up.
    if (index === undefined) continue;
    times[index] = (times[index] ?? 0) + 1;
    const last = latest.get(job.appid) ?? 0;
    if (index < last) wrong.add(job.appid);
    latest.set(job.appid, Math.max(index, last));
  }
  return {
    jobs: jobs.length,
    done: times.filter((count) => count > 0).length,
    twice: times.filter((count) => count > 1).length,
    outOfOrder: wrong.size,
    tookMs: Math.round((effects.at(-1)?.at ?? Number.NaN) - turnStartedAt),
    storedMs: Math.round(storedAt - turnStartedAt),
  };
}

/** The effects of commits, in their order. */
export function effectsIn(calls: CommitCall[]): { job: Job; at: number }[] {
  return calls
    .flatMap(({ appid, body, effectAt }) =>
      appid === null || effectAt === null
        ? []
        : [{ job: { appid, userVersion: versionIn(body) }, at: effectAt }],
    )
    .sort((a, b) => a.at - b.at);
}

function keyOf({ appid, userVersion }: Job): string {
  return `${appid} ${userVersion}`;
}

/** The times between the end of each call of one mini-program and the start of the next. */
export function gapsMs(calls: Pick<CallEntry, 'startedAt' | 'endedAt'>[]): number[] {
  const inOrder = [...calls].sort((a, b) => a.startedAt - b.startedAt);
  return inOrder.slice(1).map(({ startedAt }, i) => startedAt - (inOrder[i]?.endedAt ?? Number.NaN));
}

/** Times of the skewed mini-program and of all others in the same turn. */
export function skewOf(
  { latencyMs }: Pick<BenchWorkload, 'latencyMs'>,
  appid: string,
  calls: CommitCall[],
  { turnStartedAt }: { turnStartedAt: number },
): NonNullable<ContenderTurn['skew']> {
  const effects = effectsIn(calls);
  const lane = effects.filter(({ job }) => job.appid === appid);
  const others = effects.filter(({ job }) => job.appid !== appid);
  const tookMs = (lane.at(-1)?.at ?? Number.NaN) - turnStartedAt;
  return {
    jobs: lane.length,
    tookMs: Math.round(tookMs),
    efficiency: Number(((lane.length * latencyMs) / tookMs).toFixed(4)),
    othersMs: Math.round((others.at(-1)?.at ?? Number.NaN) - turnStartedAt),
  };
}
