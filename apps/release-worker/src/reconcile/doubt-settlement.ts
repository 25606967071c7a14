import type { Method } from '@wxa/contracts';
import type { Doubt, SettlementWithAudits } from '@wxa/operations';
import { type AttemptDecision, failsWithoutQuota, onRejection } from '../settle/attempt-decision.js';
import { deadlineError, outOfDoubt } from '../settle/attempt-errors.js';
import { lastError, operationResult, settlement } from '../settle/settlement.js';
import type { DailyQuota } from '../throttle/retry-policy.js';
import type { ReconcileDecision } from './reconcile-decision.js';

/** The decisions that end the reconciliation. */
export type FinalDecision<M extends Method> = Exclude<
  ReconcileDecision<M>,
  { kind: 'check-again' | 'needs-operator' }
>;

/** The settlement of a reconciled operation. One to be retried is loaded from Postgres by its lane's worker. */
export function settlementOf(
  doubt: Doubt,
  decision: FinalDecision<Method>,
  now: Date,
  dailyQuota: DailyQuota,
): SettlementWithAudits {
  const { negativeReads } = doubt;
  const facts = { sent: false, now, delayed: true, mayHaveActed: false, reconcileInMs: 0, negativeReads };
  return settlement(doubt, decisionOf(doubt, decision, dailyQuota), facts);
}

function decisionOf(doubt: Doubt, decision: FinalDecision<Method>, dailyQuota: DailyQuota): AttemptDecision {
  switch (decision.kind) {
    case 'succeeded':
      return { kind: 'succeeded', result: operationResult(doubt.method as Method, decision.result) };
    case 'retry':
      return { kind: 'retry', error: lastError(doubt), afterMs: 0 };
    case 'rejected':
      return onRejection(outOfDoubt(lastError(doubt)), {
        dailyQuota,
        failsWithoutQuota: failsWithoutQuota(doubt),
      });
    case 'too-late':
      return { kind: 'failed', error: deadlineError(lastError(doubt)) };
  }
}
