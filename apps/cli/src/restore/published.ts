import { isMethod, isOperationId, METHODS, requestHash } from '@wxa/contracts';
import type {
  LostOperation,
  NamedRollout,
  PublishedAudit,
  PublishedDoubt,
  PublishedEnd,
  StagedEvent,
} from '@wxa/restore';

/** The operation of a command; undefined if it has no request_id, which no gateway writes. */
export function lostOperationOf({ value, offset, traceparent }: StagedEvent): LostOperation | undefined {
  const command = JSON.parse(value) as Record<string, unknown>;
  const { operationId, appid, method, createTime } = command as Record<string, string>;
  if (operationId === undefined || appid === undefined || method === undefined || !isMethod(method))
    return undefined;
  const request = (command[METHODS[method].field] ?? {}) as Record<string, unknown>;
  const { requestId } = request;
  const createdAt = new Date(createTime ?? '');
  if (typeof requestId !== 'string' || Number.isNaN(createdAt.getTime())) return undefined;
  return {
    ...{ id: operationId, appid, method, requestId, createdAt, traceparent, offset },
    requestHash: requestHash(method, request),
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

/** Proto3 JSON of an Operation, without its result. */
interface OperationJson {
  method?: string;
  state?: string;
  attempts?: number;
  startTime?: string;
  endTime?: string;
  error?: unknown;
  acceptedBy?: string;
  onBehalfOf?: string;
}

function operationOf({ value }: StagedEvent): OperationJson {
  return (JSON.parse(value) as { operation?: OperationJson }).operation ?? {};
}

const FINAL: Record<string, PublishedEnd['state']> = {
  OPERATION_STATE_SUCCEEDED: 'SUCCEEDED',
  OPERATION_STATE_FAILED: 'FAILED',
  OPERATION_STATE_CANCELLED: 'CANCELLED',
};

/** The end that an OperationCompleted reports, and of what kind its operation is; undefined for any other message. */
export function endOf(
  event: StagedEvent,
): (PublishedEnd & { isChange: boolean; method: string }) | undefined {
  const operation = operationOf(event);
  const { method = '', error, attempts = 0, startTime, endTime } = operation;
  const { acceptedBy = null, onBehalfOf = null } = operation;
  const state = FINAL[operation.state ?? ''];
  if (state === undefined || endTime === undefined || !isMethod(method)) return undefined;
  const result = (operation as Record<string, unknown>)[METHODS[method].field];
  return {
    ...{
      id: event.operationId,
      method,
      isChange: METHODS[method].kind === 'change',
      state,
      attempts,
      acceptedBy,
      onBehalfOf,
    },
    startedAt: startTime === undefined ? null : new Date(startTime),
    endedAt: new Date(endTime),
    error: text(error),
    result: text(result),
  };
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

/** WeChat's id of the audit that a SubmitAudit created, in decimal digits. */
export function auditIdOf({ method, result }: { method: string; result: string | null }): string | undefined {
  if (method !== 'SubmitAudit' || result === null) return undefined;
  return (JSON.parse(result) as { auditId?: string }).auditId;
}

const DECIDED: Record<string, PublishedAudit['state']> = {
  AUDIT_RESULT_APPROVED: 'APPROVED',
  AUDIT_RESULT_REJECTED: 'REJECTED',
  AUDIT_RESULT_WITHDRAWN: 'WITHDRAWN',
};

/** What an AuditCompleted or AuditDelayed reports. */
export function auditOf({ operationId, appid, value }: StagedEvent): PublishedAudit | undefined {
  const event = JSON.parse(value) as Record<string, string | undefined> & { screenshots?: string[] };
  const {
    originalId = '',
    result,
    decidedTime,
    delayedTime,
    source = '',
    reason = '',
    screenshots = [],
  } = event;
  const state = delayedTime === undefined ? DECIDED[result ?? ''] : 'DELAYED';
  const at = delayedTime ?? decidedTime;
  if (state === undefined || at === undefined) return undefined;
  return {
    ...{ operationId, appid, originalId, state, value, at: new Date(at), reason, screenshots },
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
export function namedRolloutOf(value: Buffer | null): NamedRollout {
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
