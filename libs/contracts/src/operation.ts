import { type CloudEvent, eventType, TOPICS } from './cloud-event.js';
import { Operation, OperationError, OperationState } from './generated/wxa/code/v1/operations.js';
import { isMethod, METHODS, type Method, type OperationResult } from './methods.js';

/** An operation as it is stored; `error` and `result` are proto3 JSON. */
export interface OperationRecord
  extends Pick<Operation, 'id' | 'appid' | 'requestId' | 'method' | 'attempts'> {
  state: OperationStateName;
  createdAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
  nextAttemptAt: Date | null;
  blockedBy: string | null;
  error: unknown;
  result: unknown;
  /** Name of the caller for which it was accepted; null without a policy. */
  acceptedBy: string | null;
  /** The person for whom the caller acted, as the caller stated it. */
  onBehalfOf: string | null;
  /** It is in doubt, and reconciliation has given up: an operator must resolve it. Undefined: no. */
  awaitingResolution?: boolean;
  /** The stop that it waits for; undefined or null: none, or not read. */
  heldBy?: StoredHold | null;
}

/** The stop of an API that holds an operation, as JSON. */
export interface StoredHold {
  api: string;
  until: string;
  stoppedBy: string | null;
  onBehalfOf: string | null;
  reason: string | null;
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
    onBehalfOf: record.onBehalfOf ?? '',
    requestJson: '',
    awaitingResolution: record.awaitingResolution === true,
    heldBy: holdOf(record),
    result: resultFromJSON(record.method, record.result),
  };
}

function holdOf({ heldBy, state }: OperationRecord): Operation['heldBy'] {
  if (!heldBy || !WAITING.has(state)) return undefined;
  const { api, until, stoppedBy, onBehalfOf, reason } = heldBy;
  return {
    ...{ api, endTime: new Date(until) },
    ...{ stoppedBy: stoppedBy ?? '', onBehalfOf: onBehalfOf ?? '', reason: reason ?? '' },
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

/** A larger result, measured as a proto message in bytes, is omitted from the event; GetOperation returns it. */
export const MAX_RESULT_BYTES = 64 * 1024;

/**
 * The results of these methods are for their caller alone: anyone who opens a link in time can authorize the platform, no
 * consumer needs an image, a guide has the owner's contacts, and what a listed call returns is not known here.
 */
const FOR_THE_CALLER: ReadonlySet<string> = new Set([
  'CreateAuthorizationLink',
  'GetAuditScreenshot',
  'GetTrialQrCode',
  'GetPrivacyGuide',
  'QueryWechat',
  'ChangeWechat',
] satisfies Method[]);

/**
 * The event of an operation that has ended (OperationCompleted) or whose outcome is unknown (OperationInDoubt).
 * @param fence the fence of the claim, because an operation can come in doubt more than once.
 */
export function outcomeEvent(
  record: OperationRecord & { traceparent: string; tracestate?: string | null },
  fence: number,
  source: string,
  at: Date,
): CloudEvent {
  const inDoubt = record.state === 'IN_DOUBT';
  const operation = toOperation(record);
  // The doubt is published before its first reconciliation, and again by `wxa republish` with the same value.
  operation.awaitingResolution = false;
  if (!isForKafka(operation)) operation.result = undefined;
  return {
    topic: TOPICS.outcomes,
    id: inDoubt ? `${record.id}.in-doubt.${fence}` : `${record.id}.completed`,
    type: eventType(inDoubt ? 'OperationInDoubt' : 'OperationCompleted'),
    source,
    appid: record.appid,
    time: at,
    traceparent: record.traceparent,
    tracestate: record.tracestate ?? null,
    value: JSON.stringify({ operation: Operation.toJSON(operation) }),
  };
}

/** The operation that a command or an outcome is about, by the id of the event. */
export function operationOfEvent(eventId: string): string {
  return eventId.slice(0, eventId.indexOf('.'));
}

function isForKafka({ method, result }: Operation): boolean {
  if (result === undefined) return true;
  if (FOR_THE_CALLER.has(method)) return false;
  return Operation.encode({ ...Operation.create(), result }).finish().length <= MAX_RESULT_BYTES;
}
