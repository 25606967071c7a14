// What `npm run bench` writes to bench/results: one JSON file for each part, named as the part is.
import type { Backlog } from './backlog/result.js';

/** The letters of issue 6; `kill` is (a) with a kill -9. */
export type WorkloadName = 'a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'g' | 'h' | 'kill';

/** By the name of the file. */
export interface Results extends Record<WorkloadName, Part> {
  latency: LatencyPart;
  accepts: AcceptsPart;
  /** `--quick`. */
  small: Small;
  backlog: Backlog;
}

/** What a run says of itself. */
export interface Told {
  /** When it ended, ISO 8601. */
  at: string;
  machine: string;
  /** What the machine was busy with before, by its load average of a minute. */
  loadBefore: number;
  versions: Record<string, string>;
}

/** What is asked for in a turn; see WORKLOADS. */
export interface Workload {
  /** WeChat's time for a call. */
  latencyMs: number;
  miniPrograms: number;
  /** Calls in flight at most, of one worker. */
  inFlight: number;
  /** Commits of each mini-program. */
  each: number;
  rounds: number;
  /** A worker is killed in the middle. */
  kill: boolean;
  /** The share of all calls that WeChat answers with -1; 0 unless told. */
  busy?: number;
  /** Commits of one more mini-program, half as many as those of all others together. */
  skewed?: number;
  /** Operations that are stored already in the variant `history`. */
  history?: number;
}

/**
 * What is measured besides the usual turn of a contender, always of ours:
 * `drain` (c, h): all operations were accepted and published before the worker began. There are twice as many as in the
 * usual turn; the first fifth of them is the worker's warm-up and not counted.
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
  /** From the first ask to the last effect; of `drain` from the first counted effect to the last. */
  tookMs: number;
  /** From the first ask to when the last job was stored. */
  storedMs: number;
}

export interface Figures {
  /** The shortest possible time over the time it took, storing included; 0 where not all was done. */
  efficiency: number;
  perSecond: number;
}

export interface Turn extends Outcome, Figures {
  round: number;
  /** Of the contender, as in FIELD. */
  name: string;
  /** Absent: the usual turn. */
  variant?: Variant;
  /** Worker processes; absent: one. */
  workers?: number;
  /** Absent where the worker is killed. */
  usage?: Usage;
  /** The same turn in two: until the last job was stored, and after. */
  phases?: Phases;
  /** (d): between the end of one call and the start of the next of its mini-program. */
  gapMs?: Quantiles;
  /** (e): of turns with the skewed mini-program. */
  skew?: Skew;
  /** (f): commit calls at WeChat, those answered -1 included. */
  calls?: number;
  /** (f): what came of the -1. */
  retries?: Retries;
}

export interface Phases {
  storing: Phase;
  after: Phase;
}

export interface Phase {
  perSecond: number;
  /** By all that take part and all else on the machine. */
  coresBusy: number;
}

export interface Quantiles {
  p50: number;
  p99: number;
  p999: number;
}

export interface Retries {
  /** From the end of a commit call that was answered -1 to the start of the next of its mini-program. */
  waitMs: Quantiles;
  /** The longest time that one mini-program spent so, all its waits together. */
  longestLaneMs: number;
}

export interface Skew {
  /** Commits of the skewed mini-program. */
  jobs: number;
  /** From the first ask to its last effect. */
  tookMs: number;
  /** Its jobs, one after the other, over the time they took: n·L ÷ tookMs. */
  efficiency: number;
  /** From the first ask to the last effect of all others; to be compared with `tookMs` of `alone`. */
  othersMs: number;
}

/** `caller` is who asks, the benchmark itself; `worker` is all of a contender's worker processes. */
export type Process = 'gateway' | 'worker' | 'PostgreSQL' | 'Kafka' | 'simulator' | 'caller' | 'Redis';

/** What was used between two readings. A process that has no part in it is absent. */
export interface Usage {
  seconds: number;
  /** Effects in this time; of `accepts`: operations accepted. */
  operations: number;
  cpuSeconds: Partial<Record<Process, number>>;
  /** Of everything else on this machine, and what its host took away: how disturbed it was. */
  elsewhereCpuSeconds?: number;
  /** At the end; memory that processes share is counted once. */
  residentMiB?: Partial<Record<Process, number>>;
  /** Of the database in use; the write-ahead log is the server's. */
  postgres: { transactions: number; walBytes: number };
  /** What the logs of all topics grew by, offsets included. */
  kafkaBytes?: number;
}

/** A workload. */
export interface Part extends Told {
  workload: Workload;
  /** Who took no part, and why. */
  leftOut?: Record<string, string>;
  turns: Turn[];
}

/** From asking the gateway to the start of the HTTP request at WeChat, at a steady rate, whether or not others are done. */
export interface LatencyTurn {
  round: number;
  load: 'half' | 'nearly idle';
  /** Asked for. */
  perSecond: number;
  operations: number;
  ms: Quantiles;
  usage: Usage;
}

export interface LatencyPart extends Told {
  workload: Pick<Workload, 'latencyMs' | 'inFlight'>;
  /** What ours reached in the waves of (a) before, in the same run: half load is half of their median. */
  wavesPerSecond: number[];
  turns: LatencyTurn[];
}

/** `echo`: a bare grpc-js server that answers the same message, asked in the same way; it is its `gateway`. */
export interface AcceptsTurn {
  round: number;
  what: 'echo' | 'worker running' | 'worker stopped';
  accepts: number;
  perSecond: number;
  /** From the ask to its answer. */
  ms: Quantiles;
  usage: Usage;
}

export interface AcceptsPart extends Told {
  /** Asks at once. */
  asking: number;
  turns: AcceptsTurn[];
}

export interface Small {
  at: string;
  machine: string;
  wave: Wave;
  acceptToHttpStartMs: { halfLoad: Latency; almostIdle: Latency };
  residentMiB: Record<string, number>;
}

/** What a wave of commits came to. */
export interface Wave {
  operations: number;
  acceptsPerSecond: number;
  operationsPerSecond: number;
  /** The shortest possible time, by latency and calls in flight, over the time it took, accept included. */
  efficiency: number;
}

/** From asking the gateway to the start of the HTTP request at WeChat, in milliseconds. */
export interface Latency extends Quantiles {
  perSecond: number;
}
