import type { Origin } from '../origin.js';

/** Milliseconds. */
export type Spread = Record<'p50' | 'p99' | 'most', number>;

/** Result of commits that are accepted far faster than the rate limit of their API allows. */
export interface Backlog extends Origin {
  operations: number;
  miniPrograms: number;
  workers: number;
  /** WECHAT_RATE_PER_API */
  perSecond: number;
  /** The share of commits for which WeChat returns -1. */
  busy: number;
  /** Time of observation after the last accept; absent if all operations ended. */
  minutes?: number;
  acceptsPerSecond: number;
  /** Operations by state at the end; FAILED and CANCELLED with the category of their error. */
  states: Record<string, number>;
  miniProgramsOutOfOrder: number;
  /** Commits executed more than once. */
  twice: number;
  probes: BacklogProbes;
  /** Commit calls per second after the last accept; `used` is their share of the allocated limit. */
  callsPerSecond: { afterwards: number };
  used: { afterwards: number };
  /** Peaks of any worker. */
  workerPeaks: { peakMiB: number[]; inFlightRecords: number; laneOperations: number };
  /** Operations that wait in Postgres, by reason, at the last accept and at the end. */
  waiting: Record<'accepted' | 'end', Record<string, number>>;
  failures: string[];
}

/** Operations of other APIs during the backlog, each of a mini-program without commits. */
export interface BacklogProbes {
  sent: number;
  withoutCall: number;
  failed: string[];
  /** `fresh`: GetVisitStatus; `others`: SetSupportVersion. */
  acceptedToStartMs: Record<'fresh' | 'others', Spread>;
}
