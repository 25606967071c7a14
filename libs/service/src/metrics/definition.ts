/** A Prometheus metric of this service. */
export interface Definition {
  kind: 'counter' | 'gauge' | 'histogram';
  /**
   * `P`: of one process, aggregated with `sum`. `D`: of the deployment, the same wherever it is read, aggregated with `max` or
   * `min`. `D◦`: the same, exported only by the worker that holds the lease
   * `backlog`, or `fleet` for the inventory.
   */
  scope: 'P' | 'D' | 'D◦';
  help: string;
  /** Each label has its closed set of values, or a text that says what they are. */
  labels?: Record<string, readonly string[] | string>;
  /** Upper bounds of a histogram. */
  buckets?: readonly number[];
}

export type Definitions = Record<string, Definition>;

/** Buckets of calls and statements, in seconds. */
export const FAST = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
/** Buckets of WeChat's responses, in seconds. */
export const WECHAT = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** Buckets of operations, in seconds. */
export const LONG = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14400, 86400];
/** Buckets of items per statement. */
export const ITEM_BUCKETS = [1, 2, 5, 10, 20, 50, 100, 200, 500];

export const METHOD = 'RPC without its service, such as `Commit`';
export const API_LABEL = "WeChat's path, such as `wxa/commit`";
export const OPERATION_STATES = ['QUEUED', 'RUNNING', 'RETRYING', 'IN_DOUBT'] as const;
export const KINDS = ['change', 'query'] as const;
export const ROLLOUT_STEPS = [
  'READINESS',
  'COMMIT',
  'SETTINGS',
  'CHECK',
  'SUBMIT_AUDIT',
  'AUDIT',
  'RELEASE',
  'ROLL_BACK',
  'VERIFY',
] as const;
export const WRITERS = ['gateway', 'gateway-events', 'release-worker'] as const;
export const TOPIC_LABELS = ['commands', 'outcomes', 'audits', 'rollouts', 'fleet', 'dlq', 'events'] as const;

/** Codes spelled as by go-grpc-prometheus, by their number. */
export const GRPC_CODES = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
] as const;
