// The files that `npm run bench` writes to bench/results: one JSON file per part, with the name of the part.

/** When a part ended (ISO 8601), on which machine, and the load average over 1 minute before it. */
export interface Origin {
  at: string;
  machine: string;
  loadBefore: number;
}

/** `kill` is workload (a) with a SIGKILL of the worker. */
export type WorkloadName = 'a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'g' | 'h' | 'kill';

/** By file name. */
export interface Results extends Record<WorkloadName, ComparisonPart> {
  latency: LatencyPart;
  accepts: AcceptsPart;
}

/** The jobs of a turn; see SCENARIOS. */
export interface BenchWorkload {
  /** Duration of a call at WeChat. */
  latencyMs: number;
  miniPrograms: number;
  /** Maximum number of calls in flight of one worker. */
  inFlight: number;
  /** Commits per mini-program. */
  each: number;
  rounds: number;
  /** The worker is killed after half of the jobs. */
  kill: boolean;
  /** The share of calls for which WeChat returns -1; default 0. */
  busy?: number;
  /** Commits of a further mini-program: half as many as those of all others together. */
  skewed?: number;
  /** Operations that are already stored in the variant `history`. */
  history?: number;
}

/**
 * Variants of the usual turn, of this product only:
 * `drain` (c, h): all operations are accepted and published before the worker starts. There are twice as many as in the
 * usual turn; the first fifth is the worker's warm-up and not counted.
 * `alone` (e): without the skewed mini-program.
 * `empty`, `history` (g): in an empty table, and in one with the workload's `history`.
 */
export type Variant = 'drain' | 'alone' | 'empty' | 'history';

/** The outcome of one turn according to the simulator's ledger. */
export interface TurnOutcome {
  jobs: number;
  /** Jobs that took effect. */
  done: number;
  /** Jobs that took effect more than once. */
  twice: number;
  /** Mini-programs with an effect that came after that of a later job. */
  outOfOrder: number;
  /** From the first call to the last effect; for `drain`, from the first counted effect. */
  tookMs: number;
  /** From the first call until the last job was stored. */
  storedMs: number;
}

export interface Figures {
  /** The shortest possible time divided by the actual time, storing included; 0 if a job has no effect. */
  efficiency: number;
  perSecond: number;
}

/** One turn of one contender. Without `variant` it is the usual one, without `workers` it has one worker. */
export interface ContenderTurn extends TurnOutcome, Figures {
  round: number;
  name: string;
  variant?: Variant;
  workers?: number;
  /** Absent if the worker is killed. */
  usage?: Usage;
  /** (d): time between the end of a call and the start of the next one. */
  gapMs?: Quantiles;
  /** (e): time from the first call to the last effect of the skewed mini-program and of all others; efficiency: n·L ÷ tookMs. */
  skew?: Record<'jobs' | 'tookMs' | 'efficiency' | 'othersMs', number>;
}

export type Quantiles = Record<'p50' | 'p99' | 'p999', number>;

/** `caller` is the benchmark itself; `worker` is all worker processes of a contender. */
export type Process = 'gateway' | 'worker' | 'PostgreSQL' | 'Kafka' | 'simulator' | 'caller' | 'Redis';

/** The usage between two readings. A process that takes no part is absent. */
export interface Usage {
  seconds: number;
  /** Effects in this time; for `accepts`, accepted operations. */
  operations: number;
  cpuSeconds: Partial<Record<Process, number>>;
  /** Transactions of the contender's database, and the write-ahead log of the server. */
  postgres: { transactions: number; walBytes: number };
}

export interface ComparisonPart extends Origin {
  workload: BenchWorkload;
  /** Contenders that were excluded, and why. */
  excluded?: Record<string, string>;
  turns: ContenderTurn[];
}

interface TimedTurn {
  round: number;
  perSecond: number;
  ms: Quantiles;
  usage: Usage;
}

/** Time from the call of the gateway to the start of the HTTP request at WeChat, at a steady rate. */
export interface LatencyPart extends Origin {
  workload: Pick<BenchWorkload, 'latencyMs' | 'inFlight'>;
  /** Rates of waves of workload (a) just before: half load is half of their median. */
  wavesPerSecond: number[];
  turns: (TimedTurn & { load: 'half' | 'nearly idle'; operations: number })[];
}

/** Time from a call to its response. `echo` is a bare grpc-js server that returns the same message; its CPU counts as `gateway`. */
export interface AcceptsTurn extends TimedTurn {
  what: 'echo' | 'worker running' | 'worker stopped';
  accepts: number;
}

export interface AcceptsPart extends Origin {
  /** Concurrent calls. */
  concurrentCalls: number;
  turns: AcceptsTurn[];
}
