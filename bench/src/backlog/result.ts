import type { Origin } from '../results.js';

/** Milliseconds. */
export interface Spread {
  p50: number;
  p99: number;
  most: number;
}

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
  /** Operations that WeChat answered -1 first, and the time until they ended. */
  retried: { operations: number; ms: Spread };
  commandsTopic: { operations: number; records: number };
  callsPerSecond: Phases;
  /** Of the part of the limit that is given out. */
  used: Phases;
  workersHeld: { peakMiB: number[]; mostOpenRecords: number; mostInLanes: number };
  /** Operations that wait in Postgres, by what for, at the last accept and at the end. */
  waiting: { accepted: Record<string, number>; end: Record<string, number> };
  failures: string[];
}

/** Operations of other APIs while the backlog exists. */
export interface BacklogProbes {
  asked: number;
  withoutCall: number;
  failed: string[];
  /** `fresh`: GetVisitStatus; `others`: SetSupportVersion; each of a mini-program without commits. */
  acceptedToStartMs: { fresh: Spread; others: Spread };
  askedToStartMs: { whileAccepting: Spread; afterwards: Spread };
}

/** Until the last accept, while the machine is saturated, and after. */
export interface Phases {
  accepting: number;
  afterwards: number;
}
