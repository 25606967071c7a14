import type { Origin } from '../origin.js';

/** Milliseconds. */
export type Spread = Record<'p50' | 'p99' | 'most', number>;

/** Commits that are accepted far faster than the rate limit of their API allows. */
export interface Backlog extends Origin {
  operations: number;
  miniPrograms: number;
  workers: number;
  /** WECHAT_RATE_PER_API */
  perSecond: number;
  /** The share of commits that WeChat answers with -1. */
  busy: number;
  /** Watched after the last accept; absent if all ran to their end. */
  minutes?: number;
  acceptsPerSecond: number;
  /** At the end, with the category of FAILED and CANCELLED. */
  states: Record<string, number>;
  miniProgramsOutOfOrder: number;
  /** Commits executed more than once. */
  twice: number;
  probes: BacklogProbes;
  /** Of commits after the last accept; `used` is their share of what is given out of the limit. */
  callsPerSecond: { afterwards: number };
  used: { afterwards: number };
  workersHeld: { peakMiB: number[]; mostOpenRecords: number; mostInLanes: number };
  /** Operations that wait in Postgres, by what for, at the last accept and at the end. */
  waiting: Record<'accepted' | 'end', Record<string, number>>;
  failures: string[];
}

/** Operations of other APIs while the backlog exists, each of a mini-program without commits. */
export interface BacklogProbes {
  asked: number;
  withoutCall: number;
  failed: string[];
  /** `fresh`: GetVisitStatus; `others`: SetSupportVersion. */
  acceptedToStartMs: Record<'fresh' | 'others', Spread>;
}
