import { type AuditEffect, type ObservedAudit, STATUS_QUERY } from '@wxa/audits';
import {
  type AuditDecision,
  AuditState,
  type AuditStatus,
  type CloudEvent,
  changesLive,
  ErrorCategory,
  isMethod,
  METHODS,
  type Method,
  OperationError,
  type OperationRecord,
  type OperationResult,
  outcomeEvent,
  resultToJSON,
} from '@wxa/contracts';
import { ROOMS } from '@wxa/methods';
import { type ClaimedOperation, type SettlementWithAudits, WORKER_SOURCE } from '@wxa/operations';
import type { WxaError } from '@wxa/wxa-client';
import type { AttemptDecision } from './attempt-decision.js';
import { isConfirmed } from './reconciliation-read.js';

/** The facts of an attempt that its decision does not contain. */
export interface AttemptFacts {
  sent: boolean;
  now: Date;
  /** The operation is delayed in Postgres, not in its lane. */
  delayed: boolean;
  /** The attempt may have been executed although it was not confirmed. */
  mayHaveActed: boolean;
  /** If in doubt: the time after which the call can no longer take effect. */
  reconcileInMs: number;
  /** Number of negative reads since the last call. */
  negativeReads: number;
  /** When the call was sent whose response this is; undefined if none was sent. */
  sentAt?: Date | undefined;
}

/** The state of an operation after each decision. */
export const STATES = {
  succeeded: 'SUCCEEDED',
  failed: 'FAILED',
  retry: 'RETRYING',
  'refresh-token': 'RETRYING',
  'in-doubt': 'IN_DOUBT',
} as const satisfies Record<AttemptDecision['kind'], SettlementWithAudits['state']>;

/** The settlement of an attempt: the row, the outcome event, the effect on audits. */
export function settlement(
  operation: ClaimedOperation,
  decision: AttemptDecision,
  facts: AttemptFacts,
): SettlementWithAudits {
  const state = STATES[decision.kind];
  const error = decision.kind === 'succeeded' ? null : errorToJSON(decision.error);
  const result = decision.kind === 'succeeded' ? resultOf(decision.result) : null;
  const endedAt = state === 'SUCCEEDED' || state === 'FAILED' ? facts.now : null;
  const retryInMs = decision.kind === 'retry' ? decision.afterMs : 0;
  const { id, appid, fence, claimKey } = operation;
  const attempts = operation.attempts + Number(facts.sent);
  const settled = {
    ...operation,
    state,
    attempts,
    endedAt,
    nextAttemptAt: null,
    blockedBy: null,
    error,
    result,
  };
  return {
    id,
    appid,
    fence,
    claimKey,
    state,
    attempts: Number(facts.sent),
    endedAt,
    retryInMs: state === 'RETRYING' ? retryInMs : null,
    delayed: facts.delayed && state === 'RETRYING',
    restartsDeadline: decision.kind === 'retry' && decision.restartsDeadline === true,
    error: toText(error),
    result: toText(result),
    mayHaveActed: facts.mayHaveActed,
    negativeReads: facts.negativeReads,
    reconcileInMs: state === 'IN_DOUBT' ? facts.reconcileInMs : null,
    event: eventOf(settled, fence, facts.now),
    auditEffect: effectOf(operation, decision, facts),
  };
}

function eventOf(
  record: OperationRecord & { traceparent: string },
  fence: number,
  now: Date,
): CloudEvent | null {
  return record.state === 'RETRYING' ? null : outcomeEvent(record, fence, WORKER_SOURCE, now);
}

function effectOf(
  operation: ClaimedOperation,
  decision: AttemptDecision,
  facts: AttemptFacts,
): AuditEffect | null {
  if (decision.kind === 'succeeded') return auditEffect(operation, decision.result, facts.now, facts.sentAt);
  if (operation.method !== 'SubmitAudit' || decision.kind === 'in-doubt') return null;
  const earlierMayHaveActed = operation.mayHaveActed && !isConfirmed(facts.negativeReads);
  const mayBeOpen = decision.kind !== 'failed' && (earlierMayHaveActed || facts.mayHaveActed);
  return mayBeOpen ? null : { kind: 'not-opened' };
}

function errorToJSON({ category, api: _, ...error }: WxaError): unknown {
  return OperationError.toJSON({
    ...{ arguments: {}, ...error },
    category: ErrorCategory[`ERROR_CATEGORY_${category}`],
  });
}

function resultOf(result: OperationResult | undefined): unknown {
  return result === undefined ? null : resultToJSON(result);
}

function toText(json: unknown): string | null {
  return json === null ? null : JSON.stringify(json);
}

/** The error that caused the doubt or the retry: a lost response, a busy one, or the rejection of a retry. */
export function lastError({ method, error }: Pick<ClaimedOperation, 'method' | 'error'>): WxaError {
  const { category, ...fields } = OperationError.fromJSON(error ?? {});
  const name = category.replace('ERROR_CATEGORY_', '') as WxaError['category'];
  return { ...fields, category: name, api: isMethod(method) ? ROOMS[method].api : '' };
}

/** The member of Operation's `result` oneof for what a method's success gave; undefined where it gives nothing. */
export function operationResult(method: Method, value: unknown): OperationResult | undefined {
  return value === undefined ? undefined : ({ $case: METHODS[method].field, value } as OperationResult);
}

const OBSERVED: Partial<Record<AuditState, AuditDecision['state']>> = {
  [AuditState.AUDIT_STATE_APPROVED]: 'APPROVED',
  [AuditState.AUDIT_STATE_REJECTED]: 'REJECTED',
  [AuditState.AUDIT_STATE_WITHDRAWN]: 'WITHDRAWN',
  [AuditState.AUDIT_STATE_DELAYED]: 'DELAYED',
};

/** Far above any reason of WeChat's. Its event has the text twice and must fit a Kafka message of 1 MiB. */
const MAX_REASON_BYTES = 256 * 1024;
const KEPT_CHARACTERS = 10_000;

/**
 * What a success means for its mini-program's audits, whichever method has returned a status.
 * @param sentAt when the call was sent whose response this is; undefined if a read has shown the result: then any attempt since
 *   the first may have been executed, and no callback may be older than its audit.
 */
export function auditEffect(
  { method, snapshot, startedAt, requestId }: ClaimedOperation,
  result: OperationResult | undefined,
  now: Date,
  sentAt: Date | undefined,
): AuditEffect | null {
  if (method === 'UndoAudit') {
    const decision = auditDecision('WITHDRAWN', 'OPERATION', now);
    return { kind: 'withdrawn', auditId: snapshot?.auditId || undefined, decision };
  }
  if (changesLive(method)) return { kind: 'live' };
  switch (result?.$case) {
    case 'submitAudit':
      return {
        kind: 'opened',
        auditId: String(result.value.auditId),
        submittedAt: sentAt ?? startedAt ?? now,
      };
    case 'getAuditStatus':
    case 'getLatestAuditStatus':
      return (
        observedAudit(result.value.audit, startedAt, now) ??
        pendingAudit(result.value.audit, startedAt ?? now, requestId)
      );
    default:
      return null;
  }
}

/** A callback may wait for a query of this service itself that finds its audit open. */
function pendingAudit(audit: AuditStatus | undefined, readAt: Date, requestId: string): AuditEffect | null {
  const isOwn = requestId.startsWith(STATUS_QUERY);
  if (audit?.state !== AuditState.AUDIT_STATE_PENDING || !isOwn) return null;
  return { kind: 'pending', auditId: String(audit.auditId), readAt };
}

/**
 * How an audit whose status WeChat returned has ended, or that it is delayed; null while it is pending.
 * @param startedAt of the operation that read it.
 */
export function observedAudit(
  audit: AuditStatus | undefined,
  startedAt: Date | null,
  now: Date,
): ObservedAudit | null {
  const state = audit && OBSERVED[audit.state];
  if (audit === undefined || state === undefined) return null;
  return {
    kind: 'observed',
    auditId: String(audit.auditId),
    readAt: startedAt ?? now,
    decision: { ...auditDecision(state, 'POLL', now), ...boundedReason(audit) },
  };
}

/** What Kafka would permanently reject is cut: one such event would delay all that come after it. */
function boundedReason({ reason, screenshots }: AuditStatus): Pick<AuditDecision, 'reason' | 'screenshots'> {
  if (Buffer.byteLength(JSON.stringify([reason, screenshots])) <= MAX_REASON_BYTES)
    return { reason, screenshots };
  const characters = [...reason.slice(0, 2 * KEPT_CHARACTERS)];
  return { reason: characters.slice(0, KEPT_CHARACTERS).join(''), screenshots: [] };
}

function auditDecision(
  state: AuditDecision['state'],
  source: AuditDecision['source'],
  decidedAt: Date,
): AuditDecision {
  return { state, source, decidedAt, reason: '', screenshots: [], originalId: '' };
}
