import type { Method, OperationStateName } from '@wxa/contracts';
import type { CallEntry, PushEntry } from '@wxa/wechat-sim';

// Instants are epoch milliseconds everywhere; all processes run on one machine and so on one clock.

/** One try of a caller's and what it was answered. */
export interface Try {
  gateway: number;
  sentAt: number;
  endedAt: number;
  /** The operation of a change, or `null` for a query's answer. */
  operation?: string | null;
  /** The gRPC status it was refused with. */
  refused?: string;
}

/** One wish of a caller's under one request_id, however often it was sent. */
export interface Asked {
  appid: string;
  requestId: string;
  method: Method;
  isChange: boolean;
  /** Tells the call at WeChat that this wish causes, where the request has a field for it; see `tags.ts`. */
  tag: string;
  tries: Try[];
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
  /** Its first claim. */
  startedAt: number | null;
  endedAt: number | null;
  /** When WeChat is asked again; null for an operation in doubt that waits for a person, or for WeChat's next day. */
  askAt: number | null;
  blockedBy: string | null;
  error: { errcode?: number; reason?: string; errmsg?: string } | null;
  result: { auditId?: string } | null;
}

/** An audit as the simulator knows it. */
export interface WechatAudit {
  appid: string;
  auditId: string;
  state: 'APPROVED' | 'REJECTED' | 'WITHDRAWN' | 'OPEN';
  /** Of its verdict or its withdrawal; null while it is pending. */
  decidedAt: number | null;
}

/** A message read from Kafka. */
export interface KafkaEvent {
  topic: string;
  partition: number;
  offset: string;
  /** When the broker has it from. */
  at: number;
  key: string;
  id: string;
  type: string;
  value: string;
}

/** A fault and when it was at work. */
export interface FaultRecord {
  name: string;
  target: string;
  from: number;
  to: number;
}

/** A secret that lies where others read; by its name, never itself. */
export interface Leak {
  secret: string;
  where: string;
}

/** All that four sources tell of one run. */
export interface History {
  asked: Asked[];
  operations: OperationRow[];
  /** When the table was read: open audits are asked about on and on, and so operations go on beginning and ending. */
  tableReadAt: number;
  calls: CallEntry[];
  /** WeChat's pushes, for a person to read. */
  pushes: PushEntry[];
  audits: WechatAudit[];
  events: KafkaEvent[];
  /** `topic/partition/offset` of every message that was read while the run went on. */
  readBefore: string[];
  leaks: Leak[];
  /** OPERATION_DEADLINE_MS. */
  deadlineMs: number;
  faults: FaultRecord[];
}
