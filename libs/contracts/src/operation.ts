import { Operation, OperationError, OperationState } from './generated/wxa/code/v1/code_management.js';
import { isMethod, METHODS, type OperationResult } from './methods.js';

/** An operation as it is stored; `error` and `result` are proto3 JSON. */
export interface OperationRecord {
  id: string;
  appid: string;
  requestId: string;
  method: string;
  state: OperationStateName;
  /** Number of times the call was sent to WeChat. */
  attempts: number;
  createdAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
  nextAttemptAt: Date | null;
  blockedBy: string | null;
  error: unknown;
  result: unknown;
  /** Name of the caller for which it was accepted; null without a policy. */
  acceptedBy: string | null;
}

/** A state without its proto prefix, as in `QUEUED`. */
export type OperationStateName =
  | 'QUEUED'
  | 'RUNNING'
  | 'RETRYING'
  | 'IN_DOUBT'
  | 'SUCCEEDED'
  | 'FAILED'
  | 'CANCELLED';

/** The states that nothing leaves. */
export const FINAL_STATES: readonly OperationStateName[] = ['SUCCEEDED', 'FAILED', 'CANCELLED'];

/** The states in which an operation may be delayed until a time. */
const WAITING: ReadonlySet<OperationStateName> = new Set(['QUEUED', 'RETRYING']);

/** The Operation message of a stored operation. */
export function toOperation(record: OperationRecord): Operation {
  return {
    id: record.id,
    appid: record.appid,
    requestId: record.requestId,
    method: record.method,
    state: OperationState[`OPERATION_STATE_${record.state}`],
    attempts: record.attempts,
    createTime: record.createdAt,
    startTime: record.startedAt ?? undefined,
    endTime: record.endedAt ?? undefined,
    nextAttemptTime: WAITING.has(record.state) ? (record.nextAttemptAt ?? undefined) : undefined,
    blockedBy: record.blockedBy ?? '',
    error: errorOf(record),
    acceptedBy: record.acceptedBy ?? '',
    result: resultFromJSON(record.method, record.result),
  };
}

function errorOf({ error, state }: OperationRecord): OperationError | undefined {
  if (error === null) return undefined;
  const stored = OperationError.fromJSON(error);
  // WeChat may have executed it: a new request could execute it a second time.
  return state === 'IN_DOUBT' ? { ...stored, retryable: false } : stored;
}

/** Reads a stored result as the member of Operation's `result` oneof that its method has. */
export function resultFromJSON(method: string, result: unknown): OperationResult | undefined {
  if (result === null || !isMethod(method)) return undefined;
  return Operation.fromJSON({ [METHODS[method].field]: result }).result;
}

/** Writes a result for the store: the proto3 JSON of its message. */
export function resultToJSON(result: OperationResult): unknown {
  const json = Operation.toJSON({ ...Operation.create(), result }) as Record<string, unknown>;
  return json[result.$case];
}
