import type { NewAudit } from '@wxa/audits';
import {
  type AuditDecision,
  isMethod,
  isOperationId,
  METHODS,
  type Operation,
  type OperationRecord,
  requestHash,
} from '@wxa/contracts';
import type { NewOperation } from '@wxa/operations';
import type { StagedEvent } from './staged-events.js';

/** An operation that only Kafka knows, by its command. */
export type LostOperation = Omit<NewOperation, 'acceptedBy' | 'onBehalfOf' | 'command'> & {
  /** Of its command. */
  offset: string;
};

/** The operation of a command; undefined if it has no request_id, which no gateway writes. */
export function lostOperationOf({ value, offset, traceparent }: StagedEvent): LostOperation | undefined {
  const command = JSON.parse(value) as Record<string, unknown>;
  const { operationId, appid, method, createTime, requestHash: hash } = command as Record<string, string>;
  if (operationId === undefined || appid === undefined || method === undefined || !isMethod(method))
    return undefined;
  const request = (command[METHODS[method].field] ?? {}) as Record<string, unknown>;
  const { requestId } = request;
  const createdAt = new Date(createTime ?? '');
  if (typeof requestId !== 'string' || Number.isNaN(createdAt.getTime())) return undefined;
  return {
    ...{ id: operationId, appid, method, requestId, createdAt, traceparent, offset },
    requestHash: typeof hash === 'string' ? Buffer.from(hash, 'base64') : requestHash(method, request),
    isChange: METHODS[method].kind === 'change',
    request: JSON.stringify(request),
  };
}

/** The operations of commands, each where its first command is: the relay may publish a command again later. */
export function inOrderOfAcceptance(commands: StagedEvent[]): LostOperation[] {
  const operations = new Map<string, LostOperation>();
  for (const operation of commands.flatMap((command) => lostOperationOf(command) ?? []))
    if (!operations.has(operation.id)) operations.set(operation.id, operation);
  return [...operations.values()];
}

/** Proto3 JSON. */
type OperationJson = Partial<
  Pick<Operation, 'method' | 'attempts' | 'acceptedBy' | 'onBehalfOf' | 'error'> &
    Record<'state' | 'startTime' | 'endTime', string>
>;

function operationOf({ value }: StagedEvent): OperationJson {
  return (JSON.parse(value) as { operation?: OperationJson }).operation ?? {};
}

/** The published end of an operation. */
export interface PublishedEnd
  extends Pick<OperationRecord, 'id' | 'appid' | 'attempts' | 'startedAt' | 'acceptedBy' | 'onBehalfOf'> {
  isChange: boolean;
  state: 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  endedAt: Date;
  /** Proto3 JSON texts. */
  error: string | null;
  result: string | null;
}

const FINAL: Record<string, PublishedEnd['state']> = {
  OPERATION_STATE_SUCCEEDED: 'SUCCEEDED',
  OPERATION_STATE_FAILED: 'FAILED',
  OPERATION_STATE_CANCELLED: 'CANCELLED',
};

/** The end that an OperationCompleted reports; undefined for any other message. */
export function publishedEnd(event: StagedEvent): (PublishedEnd & { method: string }) | undefined {
  const operation = operationOf(event);
  const { method = '', attempts = 0, startTime, endTime, acceptedBy = null, onBehalfOf = null } = operation;
  const state = FINAL[operation.state ?? ''];
  if (state === undefined || endTime === undefined || !isMethod(method)) return undefined;
  return {
    ...{ id: event.operationId, appid: event.appid, method, state, attempts, acceptedBy, onBehalfOf },
    isChange: METHODS[method].kind === 'change',
    startedAt: startTime === undefined ? null : new Date(startTime),
    endedAt: new Date(endTime),
    error: text(operation.error),
    result: text((operation as Record<string, unknown>)[METHODS[method].field]),
  };
}

/** The audit that an operation created if it is a SubmitAudit. */
export function submittedOf(end: PublishedEnd & { method: string }): NewAudit[] {
  const { id: operationId, appid, method, startedAt, endedAt, result } = end;
  if (method !== 'SubmitAudit' || result === null) return [];
  const { auditId } = JSON.parse(result) as { auditId?: string };
  // The time of the call is not published, and no callback may be older than its audit.
  return auditId === undefined ? [] : [{ operationId, appid, auditId, submittedAt: startedAt ?? endedAt }];
}

/** A published doubt. `error`: proto3 JSON text. */
export interface PublishedDoubt extends Pick<PublishedEnd, 'id' | 'attempts' | 'startedAt' | 'error'> {
  /** The number of its claim. */
  fence: number;
}

/** `<operation>.in-doubt.<claim>`. */
const DOUBT_ID = /\.in-doubt\.(\d{1,9})$/;

/** The doubt that an OperationInDoubt reports; undefined if its id has no claim. */
export function doubtOf(event: StagedEvent): PublishedDoubt | undefined {
  const { attempts = 0, startTime, error } = operationOf(event);
  const [, claim] = DOUBT_ID.exec(event.id) ?? [];
  if (claim === undefined) return undefined;
  return {
    ...{ id: event.operationId, attempts, error: text(error) },
    fence: Number(claim),
    startedAt: startTime === undefined ? null : new Date(startTime),
  };
}

/** A published end or delay of an audit. */
export interface PublishedAudit extends AuditDecision {
  operationId: string;
  appid: string;
  /** JSON text of the event. */
  value: string;
}

const DECIDED: Record<string, PublishedAudit['state']> = {
  AUDIT_RESULT_APPROVED: 'APPROVED',
  AUDIT_RESULT_REJECTED: 'REJECTED',
  AUDIT_RESULT_WITHDRAWN: 'WITHDRAWN',
};

/** What an AuditCompleted or AuditDelayed reports. */
export function publishedAudit({ operationId, appid, value }: StagedEvent): PublishedAudit | undefined {
  const event = JSON.parse(value) as Record<string, string | undefined> & { screenshots?: string[] };
  const { originalId = '', result = '', decidedTime, delayedTime, source = '', reason = '' } = event;
  const state = delayedTime === undefined ? DECIDED[result] : 'DELAYED';
  const at = delayedTime ?? decidedTime;
  if (state === undefined || at === undefined) return undefined;
  return {
    ...{ operationId, appid, originalId, state, value, reason, screenshots: event.screenshots ?? [] },
    decidedAt: new Date(at),
    source: source.replace('AUDIT_SOURCE_', '') as PublishedAudit['source'],
  };
}

/** What follows the id of the rollout in a `ce_id`: a seq, or the appid and completions of a target. */
const REST = /^\.(\d{1,18}|wx[0-9a-f]{16}\.\d{1,5})$/;

/** Whether key, `ce_id` and `ce_time` are those of an event of a rollout. */
export function isEventOfRollout({ appid: id, id: eventId, time }: StagedEvent): boolean {
  const isOfKey = isOperationId(id) && eventId.startsWith(id) && REST.test(eventId.slice(id.length));
  return isOfKey && !Number.isNaN(time.getTime());
}

/** The name of the rollout that the value of an event has, and what it rolls back; empty if it has no rollout. */
export function namedRolloutOf(value: Buffer | null): { name?: string; rollbackOf?: string } {
  const { rollout } = (objectOf(value) ?? {}) as {
    rollout?: { spec?: { name?: string }; rollbackOf?: string };
  };
  const { spec, rollbackOf } = rollout ?? {};
  return {
    ...(typeof spec?.name === 'string' && { name: spec.name }),
    ...(typeof rollbackOf === 'string' && isOperationId(rollbackOf) && { rollbackOf }),
  };
}

/** The JSON object in the value of a message. */
export function objectOf(value: Buffer | null): object | undefined {
  try {
    const json: unknown = JSON.parse(value?.toString() ?? '');
    return typeof json === 'object' && json !== null ? json : undefined;
  } catch {
    return undefined;
  }
}

function text(json: unknown): string | null {
  return json === undefined ? null : JSON.stringify(json);
}
