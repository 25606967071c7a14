import type { Method, OperationStateName } from '@wxa/contracts';
import type { KafkaEvent } from '@wxa/stack';
import type { CallEntry, PushEntry } from '@wxa/wechat-sim';

// All times are epoch milliseconds. All processes run on one machine and share its clock.

/** One attempt of a caller and its response. */
export interface CallerAttempt {
  gateway: number;
  sentAt: number;
  endedAt: number;
  /** The operation of a change, or `null` for the result of a query. */
  operation?: string | null;
  /** The gRPC status it failed with. */
  failedWith?: string;
}

/** One request under one request_id, however often it was sent. */
export interface RequestRecord {
  appid: string;
  requestId: string;
  method: Method;
  isChange: boolean;
  /** Identifies the call at WeChat that this request causes, if the request has a field for it; see `tags.ts`. */
  tag: string;
  attempts: CallerAttempt[];
}

/** A row of the operations table. */
export interface OperationRow {
  id: string;
  seq: number;
  appid: string;
  requestId: string;
  method: string;
  isChange: boolean;
  state: OperationStateName;
  calls: number;
  createdAt: number;
  /** The time of its first claim. */
  startedAt: number | null;
  endedAt: number | null;
  /**
   * The time of the next reconciliation; null for an operation in doubt that needs an operator, or is due only
   * on WeChat's next day.
   */
  recheckAt: number | null;
  blockedBy: string | null;
  error: { errcode?: number; reason?: string; errmsg?: string } | null;
  result: { auditId?: string } | null;
}

/** An audit as the simulator knows it. */
export interface WechatAudit {
  appid: string;
  auditId: string;
  state: 'APPROVED' | 'REJECTED' | 'WITHDRAWN' | 'OPEN';
  /** The time of its decision or withdrawal; null while it is pending. */
  decidedAt: number | null;
}

/** A rollout as Postgres has it at the end. */
export interface RolloutHistory {
  id: string;
  state: string;
  /** The stored number of targets. */
  targets: number;
  lastSeq: number;
  rows: {
    appid: string;
    state: string;
    /** Number of RolloutStep. */
    step: number;
    attempt: number;
    completions: number;
    operationId: string;
  }[];
  /** Targets by wave, step, state and wait: as stored, and counted. */
  counts: unknown[];
  recount: unknown[];
  journal: { seq: number; type: string }[];
}

/** The fault after which Postgres has forgotten what Kafka did not know. */
export const RESTORED = 'base backup restored';
/** What was written this long before it may not be on Kafka: a relay publishes it within this time, unless its process is slow. */
export const UNPUBLISHED_MS = 3_000;

/** A fault and the time during which it was active. */
export interface FaultRecord {
  name: string;
  target: string;
  from: number;
  to: number;
}

/** A secret that was readable where it must not be; its name, never its value. */
export interface Leak {
  secret: string;
  where: string;
}

/** Everything that the four sources contain about a run. */
export interface RunHistory {
  requested: RequestRecord[];
  operations: OperationRow[];
  /** When the table was read: open audits are polled continuously, so operations keep starting and ending. */
  tableReadAt: number;
  calls: CallEntry[];
  /** WeChat's callbacks, for a human to read. */
  pushes: PushEntry[];
  audits: WechatAudit[];
  events: KafkaEvent[];
  /** `topic/partition/offset` of every message that was read during the run. */
  readBefore: string[];
  leaks: Leak[];
  rollouts: RolloutHistory[];
  /** OPERATION_DEADLINE_MS. */
  deadlineMs: number;
  faults: FaultRecord[];
}
