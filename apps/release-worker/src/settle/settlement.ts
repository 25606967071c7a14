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
import { SOURCE } from '../config.js';
import type { AttemptDecision } from './attempt-decision.js';
import { auditEffect } from './audit-effect.js';

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

const STATES = {
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
  const { id, appid, fence } = operation;
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

/** Whether a settlement that appears fenced was stored by an earlier write whose acknowledgement was lost. */
export function isAsWritten(row: SettlementWithAudits, found: OperationEntity | undefined): boolean {
  return found?.fence === row.fence && found.state === row.state;
}

/** Whether the worker has nothing more to do for an operation. */
export function isSettled(found: OperationEntity | undefined): boolean {
  return found === undefined || found.endedAt !== null || found.state === 'IN_DOUBT';
}

function eventOf(
  record: OperationRecord & { traceparent: string },
  fence: number,
  now: Date,
): CloudEvent | null {
  return record.state === 'RETRYING' ? null : outcomeEvent(record, fence, SOURCE, now);
}

function effectOf(
  operation: ClaimedOperation,
  decision: AttemptDecision,
  facts: AttemptFacts,
): AuditEffect | null {
  if (decision.kind === 'succeeded') return auditEffect(operation, decision.result, facts.now, facts.sentAt);
  if (operation.method !== 'SubmitAudit' || decision.kind === 'in-doubt') return null;
  const mayBeOpen = decision.kind !== 'failed' && (operation.mayHaveActed || facts.mayHaveActed);
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
