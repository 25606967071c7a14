import type { CallEntry } from '@wxa/wechat-sim';
import type { Figures, Outcome, Turn, Workload } from '../results.js';
import type { Job } from './contender.js';

/**
 * The shortest possible time: that of the longest lane, or that of all calls with so many in flight. Where WeChat answers
 * a share of all calls with -1, there are more calls by that, and longer lanes.
 */
export function shortestMs(
  { latencyMs, inFlight, busy = 0 }: Pick<Workload, 'latencyMs' | 'inFlight' | 'busy'>,
  jobs: Job[],
): number {
  return (Math.max(longestLane(jobs), jobs.length / inFlight) * latencyMs) / (1 - busy);
}

function longestLane(jobs: Job[]): number {
  const lanes = new Map<string, number>();
  for (const { appid } of jobs) lanes.set(appid, (lanes.get(appid) ?? 0) + 1);
  return Math.max(0, ...lanes.values());
}

/** @param shortest as `shortestMs` gives it. */
export function figuresOf(shortest: number, { jobs, done, tookMs }: Outcome): Figures {
  return {
    efficiency: done < jobs ? 0 : Number((shortest / tookMs).toFixed(4)),
    perSecond: Number((done / (tookMs / 1000)).toFixed(1)),
  };
}

export type Call = Pick<CallEntry, 'appid' | 'body' | 'effectAt'>;

/** Reads the turn that began at `begunAt` out of the ledger; instants are its clock's. Jobs are in the order asked for. */
export function judge(
  jobs: Job[],
  calls: Call[],
  { begunAt, storedAt }: { begunAt: number; storedAt: number },
): Outcome {
  const places = new Map(jobs.map((job, place) => [nameOf(job), place]));
  const times = jobs.map(() => 0);
  const latest = new Map<string, number>();
  const wrong = new Set<string>();
  const effects = effectsIn(calls);
  for (const { job } of effects) {
    const place = places.get(nameOf(job));
    // What the warm-up left behind.
    if (place === undefined) continue;
    times[place] = (times[place] ?? 0) + 1;
    const last = latest.get(job.appid) ?? 0;
    if (place < last) wrong.add(job.appid);
    latest.set(job.appid, Math.max(place, last));
  }
  return {
    jobs: jobs.length,
    done: times.filter((count) => count > 0).length,
    twice: times.filter((count) => count > 1).length,
    outOfOrder: wrong.size,
    tookMs: Math.round((effects.at(-1)?.at ?? Number.NaN) - begunAt),
    storedMs: Math.round(storedAt - begunAt),
  };
}

/** The effects of commits in the order they had them. */
export function effectsIn(calls: Call[]): { job: Job; at: number }[] {
  return calls
    .flatMap(({ appid, body, effectAt }) =>
      appid === null || effectAt === null
        ? []
        : [{ job: { appid, userVersion: versionIn(body) }, at: effectAt }],
    )
    .sort((a, b) => a.at - b.at);
}

export function versionIn(body: string): string {
  return JSON.parse(body).user_version;
}

function nameOf({ appid, userVersion }: Job): string {
  return `${appid} ${userVersion}`;
}

/** Between the end of each call of one mini-program and the start of the next. */
export function gapsMs(calls: Pick<CallEntry, 'startedAt' | 'endedAt'>[]): number[] {
  const inOrder = [...calls].sort((a, b) => a.startedAt - b.startedAt);
  return inOrder.slice(1).map(({ startedAt }, i) => startedAt - (inOrder[i]?.endedAt ?? Number.NaN));
}

/** How long mini-programs waited after calls that were answered -1: each wait, and all of them by mini-program. */
export function retryWaits(calls: Pick<CallEntry, 'appid' | 'startedAt' | 'endedAt' | 'errcode'>[]): {
  waitsMs: number[];
  longestLaneMs: number;
} {
  const waitsMs: number[] = [];
  const lanes = new Map<string, number>();
  const failedAt = new Map<string, number>();
  for (const { appid, startedAt, endedAt, errcode } of calls.toSorted((a, b) => a.startedAt - b.startedAt)) {
    const lane = appid ?? '';
    const failed = failedAt.get(lane);
    if (failed !== undefined) {
      waitsMs.push(startedAt - failed);
      lanes.set(lane, (lanes.get(lane) ?? 0) + startedAt - failed);
    }
    if (errcode === -1 && endedAt !== null) failedAt.set(lane, endedAt);
    else failedAt.delete(lane);
  }
  return { waitsMs, longestLaneMs: Math.round(Math.max(0, ...lanes.values())) };
}

/** How the lane of one mini-program and the others did beside each other. */
export function skewOf(
  { latencyMs }: Pick<Workload, 'latencyMs'>,
  appid: string,
  calls: Call[],
  { begunAt }: { begunAt: number },
): NonNullable<Turn['skew']> {
  const effects = effectsIn(calls);
  const lane = effects.filter(({ job }) => job.appid === appid);
  const others = effects.filter(({ job }) => job.appid !== appid);
  const tookMs = (lane.at(-1)?.at ?? Number.NaN) - begunAt;
  return {
    jobs: lane.length,
    tookMs: Math.round(tookMs),
    efficiency: Number(((lane.length * latencyMs) / tookMs).toFixed(4)),
    othersMs: Math.round((others.at(-1)?.at ?? Number.NaN) - begunAt),
  };
}
