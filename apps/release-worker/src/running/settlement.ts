import {
  type CloudEvent,
  ErrorCategory,
  OperationError,
  type OperationRecord,
  type OperationResult,
  outcomeEvent,
  resultToJSON,
} from '@wxa/contracts';
import type { AuditEffect, ClaimedOperation, OperationEntity, SettlementWithAudits } from '@wxa/store';
import type { WxaError } from '@wxa/wxa-client';
import type { AttemptDecision } from './attempt-decision.js';
import { auditEffect } from './audit-effect.js';

/** The app in `ce_source` of what the worker publishes. */
export const SOURCE = 'release-worker';

/** How a try ended, beside its verdict. */
export interface AttemptFacts {
  /** Whether the call was sent. */
  sent: boolean;
  now: Date;
  /** The wait is spent in Postgres. */
  parked: boolean;
  /** The try may have had its effect although it was not confirmed. */
  mayHaveActed: boolean;
  /** Where it is in doubt: it can no longer take effect after this time. */
  askInMs: number;
  /** How often WeChat said "not done" since the last call. */
  negativeReads: number;
  /** When the call was sent that was answered; undefined where none was. */
  sentAt?: Date | undefined;
}

const STATES = {
  succeeded: 'SUCCEEDED',
  failed: 'FAILED',
  retry: 'RETRYING',
  'refresh-token': 'RETRYING',
  'in-doubt': 'IN_DOUBT',
} as const satisfies Record<AttemptDecision['kind'], SettlementWithAudits['state']>;

/** What is to be written of a try: the row, the event that tells its outcome, what it means for audits. */
export function settlement(
  operation: ClaimedOperation,
  verdict: AttemptDecision,
  ending: AttemptFacts,
): SettlementWithAudits {
  const state = STATES[verdict.kind];
  const error = verdict.kind === 'succeeded' ? null : errorToJSON(verdict.error);
  const result = verdict.kind === 'succeeded' ? resultOf(verdict.result) : null;
  const endedAt = state === 'SUCCEEDED' || state === 'FAILED' ? ending.now : null;
  const retryInMs = verdict.kind === 'retry' ? verdict.afterMs : 0;
  const { id, appid, fence } = operation;
  const attempts = operation.attempts + Number(ending.sent);
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
    state,
    attempts: Number(ending.sent),
    endedAt,
    retryInMs: state === 'RETRYING' ? retryInMs : null,
    parked: ending.parked && state === 'RETRYING',
    restartsDeadline: verdict.kind === 'retry' && verdict.anew === true,
    error: toText(error),
    result: toText(result),
    mayHaveActed: ending.mayHaveActed,
    negativeReads: ending.negativeReads,
    askInMs: state === 'IN_DOUBT' ? ending.askInMs : null,
    event: eventOf(settled, fence, ending.now),
    auditEffect: effectOf(operation, verdict, ending),
  };
}

/** Whether a settlement is there although it was fenced out: an earlier try wrote it, and the answer was lost. */
export function isAsWritten(row: SettlementWithAudits, found: OperationEntity | undefined): boolean {
  return found?.fence === row.fence && found.state === row.state;
}

/** Whether a worker has nothing more to do for an operation. */
export function isSettled(found: OperationEntity | undefined): boolean {
  return found === undefined || found.endedAt !== null || found.state === 'IN_DOUBT';
}

function eventOf(
  record: OperationRecord & { traceparent: string },
  attempt: number,
  now: Date,
): CloudEvent | null {
  return record.state === 'RETRYING' ? null : outcomeEvent(record, attempt, SOURCE, now);
}

function effectOf(
  operation: ClaimedOperation,
  verdict: AttemptDecision,
  ending: AttemptFacts,
): AuditEffect | null {
  if (verdict.kind === 'succeeded') return auditEffect(operation, verdict.result, ending.now, ending.sentAt);
  if (operation.method !== 'SubmitAudit' || verdict.kind === 'in-doubt') return null;
  const mayBeOpen = verdict.kind !== 'failed' && (operation.mayHaveActed || ending.mayHaveActed);
  return mayBeOpen ? null : { kind: 'not-opened' };
}

function errorToJSON({ category, api: _, ...error }: WxaError): unknown {
  return OperationError.toJSON({ ...error, category: ErrorCategory[`ERROR_CATEGORY_${category}`] });
}

function resultOf(result: OperationResult | undefined): unknown {
  return result === undefined ? null : resultToJSON(result);
}

function toText(json: unknown): string | null {
  return json === null ? null : JSON.stringify(json);
}
