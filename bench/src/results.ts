// What `npm run bench` writes to bench/results: one JSON file for each part, named as the part is.
import type { Backlog } from './backlog/result.js';
import type { Origin } from './origin.js';

/** `kill` is (a) with a kill -9. */
export type WorkloadName = 'a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'g' | 'h' | 'kill';

/** By the name of the file; `small` is `--quick`. */
export interface Results extends Record<WorkloadName, Part> {
  latency: LatencyPart;
  accepts: AcceptsPart;
  small: Small;
  backlog: Backlog;
}

/** What is submitted in a turn; see CONTESTS. */
export interface Workload {
  /** WeChat's time for a call. */
  latencyMs: number;
  miniPrograms: number;
  /** Most calls in flight of one worker. */
  inFlight: number;
  /** Commits of each mini-program. */
  each: number;
  rounds: number;
  /** A worker is killed in the middle. */
  kill: boolean;
  /** The share of all calls that WeChat answers with -1; default 0. */
  busy?: number;
  /** Commits of one more mini-program, half as many as those of all others together. */
  skewed?: number;
  /** Operations that are stored already in the variant `history`. */
  history?: number;
}

/**
 * What is measured besides the usual turn, always of ours:
 * `drain` (c, h): all operations are accepted and published before the worker starts. There are twice as many as in the
 * usual turn; the first fifth is the worker's warm-up and not counted.
 * `alone` (e): the others without the skewed mini-program, in the same round.
 * `empty`, `history` (g): in an empty table, and with the workload's `history` in it.
 */
export type Variant = 'drain' | 'alone' | 'empty' | 'history';

/** What the simulator's ledger says of one turn. */
export interface Outcome {
  jobs: number;
  done: number;
  /** Jobs that had their effect more than once. */
  twice: number;
  /** Mini-programs one of whose effects came after that of a later job. */
  outOfOrder: number;
  /** From the first call to the last effect; of `drain` from the first counted effect to the last. */
  tookMs: number;
  /** From the first call until the last job was stored. */
  storedMs: number;
}

export interface Figures {
  /** The shortest possible time over the time it took, storing included; 0 if not all was done. */
  efficiency: number;
  perSecond: number;
}

/** One turn of one contender (its name in FIELD); without variant the usual one, without workers one worker. */
export interface Turn extends Outcome, Figures {
  round: number;
  name: string;
  variant?: Variant;
  workers?: number;
  /** Absent if the worker is killed. */
  usage?: Usage;
  /** (d): between the end of one call and the start of the next of its mini-program. */
  gapMs?: Quantiles;
  /** (e): from the first call to the last effect, of the skewed mini-program and of all others; efficiency: n·L ÷ tookMs. */
  skew?: Record<'jobs' | 'tookMs' | 'efficiency' | 'othersMs', number>;
  /** (f): commit calls at WeChat, those answered -1 included. */
  calls?: number;
  /** (f): from a -1 to the start of the next call; and the longest total wait of one mini-program. */
  retries?: { waitMs: Quantiles; longestLaneMs: number };
}

export type Quantiles = Record<'p50' | 'p99' | 'p999', number>;

/** `caller` is the benchmark itself; `worker` is all of a contender's worker processes. */
export type Process = 'gateway' | 'worker' | 'PostgreSQL' | 'Kafka' | 'simulator' | 'caller' | 'Redis';

/** What was used between two readings. A process without part in it is absent. */
export interface Usage {
  seconds: number;
  /** Effects in this time; at `accepts` operations accepted. */
  operations: number;
  cpuSeconds: Partial<Record<Process, number>>;
  /** Transactions of the database in use; the write-ahead log of the server. */
  postgres: { transactions: number; walBytes: number };
}

export interface Part extends Origin {
  workload: Workload;
  /** Contenders that took no part, and why. */
  leftOut?: Record<string, string>;
  turns: Turn[];
}

interface TimedTurn {
  round: number;
  perSecond: number;
  ms: Quantiles;
  usage: Usage;
}

/** From the call of the gateway to the start of the HTTP request at WeChat, at a steady rate. */
export interface LatencyPart extends Origin {
  workload: Pick<Workload, 'latencyMs' | 'inFlight'>;
  /** Of waves as at (a), just before: half load is half of their median. */
  wavesPerSecond: number[];
  turns: (TimedTurn & { load: 'half' | 'nearly idle'; operations: number })[];
}

/** From the call to its answer. `echo`: a bare grpc-js server that answers the same message; its CPU is the `gateway`'s. */
export interface AcceptsTurn extends TimedTurn {
  what: 'echo' | 'worker running' | 'worker stopped';
  accepts: number;
}

export interface AcceptsPart extends Origin {
  /** Calls at once. */
  asking: number;
  turns: AcceptsTurn[];
}

export interface Small extends Omit<Origin, 'loadBefore'> {
  wave: Record<'operations' | 'acceptsPerSecond' | 'operationsPerSecond' | 'efficiency', number>;
  acceptToHttpStartMs: Record<'halfLoad' | 'almostIdle', { perSecond: number; p50: number; p99: number }>;
  residentMiB: Record<string, number>;
}
