import type { Latency, Told, Usage } from '../results.js';

/** Milliseconds, or a number of operations. */
export interface Spread {
  p50: number;
  p99: number;
  most: number;
}

/** All calls of a statement together; `ms` by the clock. */
export interface StatementCost {
  calls: number;
  rows: number;
  ms: number;
  walBytes: number;
}

/** Commits that are accepted far faster than their API's limit lets them run. */
export interface Backlog extends Pick<Told, 'at' | 'machine' | 'loadBefore'> {
  operations: number;
  miniPrograms: number;
  workers: number;
  /** WECHAT_RATE_PER_API */
  perSecond: number;
  /** The share of commits that WeChat answers with -1. */
  busy: number;
  /** Watched after the last was accepted; absent where all ran to their end. */
  minutes?: number;
  acceptsPerSecond: number;
  /** Of the commits, at the end. */
  states: Record<string, number>;
  /** Accepted before the last that ended, and not begun. */
  overtakenAndWaiting: number;
  miniProgramsOutOfOrder: number;
  twice: number;
  /** Of other APIs while the backlog existed. */
  probes: BacklogProbes;
  retried: {
    operations: number;
    ended: number;
    /** From its first -1 to its end. */
    ms: Spread;
    /** Operations accepted after it that ended meanwhile. */
    overtakenBy: Spread;
    /** The largest share of what was accepted after one. */
    mostOvertaken: number;
  };
  commandsTopic: { operations: number; records: number; missing: number; twice: number };
  /** Of commits; `used` is the share of what is given out of the limit. */
  callsPerSecond: Phases;
  used: Phases;
  workersHeld: { peakMiB: number[]; mostOpenRecords: number; mostInLanes: number };
  /** Operations that wait in Postgres by what for, when the last was accepted and at the end. */
  waiting: { accepted: Record<string, number>; end: Record<string, number> };
  /** Before the backlog, at nearly the limit's pace, each operation finding room; and with the backlog. */
  room: { usage: Usage; acceptToHttpStartMs: Latency; statements: Record<string, StatementCost> };
  backlog: { accepting: Usage; afterwards: Usage; statements: Record<string, StatementCost> };
  /** What the run was to show and did not. */
  failures: string[];
}

export interface BacklogProbes {
  asked: number;
  withoutCall: number;
  failed: string[];
  /** `fresh`: a query of a mini-program never seen before; `others`: a change of a known one without commits. */
  acceptedToStartMs: { fresh: Spread; others: Spread };
  askedToStartMs: { whileAccepting: Spread; afterwards: Spread };
}

/** Until the last was accepted, while the machine is full, and after. */
export interface Phases {
  accepting: number;
  afterwards: number;
}
