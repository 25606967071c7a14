import { isMethod, type Method, OperationError } from '@wxa/contracts';
import { ROOMS } from '@wxa/methods';
import type { ClaimedOperation, Doubt, SettlementWithAudits } from '@wxa/store';
import type { ErrorCategory, WxaError } from '@wxa/wxa-client';
import type { DailyQuota } from '../retrying/retry-policy.js';
import { type AttemptDecision, deadlineError, outOfDoubt, refused } from '../running/attempt-decision.js';
import { operationResult } from '../running/operation-result.js';
import { settlement } from '../running/settlement.js';
import type { ReconcileDecision } from './reconcile-decision.js';

/** The decisions that end a doubt. */
export type FinalDecision<M extends Method> = Exclude<
  ReconcileDecision<M>,
  { kind: 'check-again' | 'needs-operator' }
>;

/** What is to be written of a doubt that ended. What is to run again is loaded from Postgres by its lane's worker. */
export function settlementOf(
  doubt: Doubt,
  decision: FinalDecision<Method>,
  now: Date,
  dailyQuota: DailyQuota,
): SettlementWithAudits {
  const { negativeReads } = doubt;
  const ending = { sent: false, now, parked: true, mayHaveActed: false, askInMs: 0, negativeReads };
  return settlement(doubt, verdictOf(doubt, decision, dailyQuota), ending);
}

function verdictOf(doubt: Doubt, decision: FinalDecision<Method>, dailyQuota: DailyQuota): AttemptDecision {
  switch (decision.kind) {
    case 'succeeded':
      return { kind: 'succeeded', result: operationResult(doubt.method as Method, decision.result) };
    case 'retry':
      return { kind: 'retry', error: lastError(doubt), afterMs: 0 };
    case 'refused':
      return refused(outOfDoubt(lastError(doubt)), dailyQuota);
    case 'too-late':
      return { kind: 'failed', error: deadlineError(lastError(doubt)) };
  }
}

/** Why it came into doubt, or is tried again: a lost answer, a busy one, or the refusal of a repeat. */
export function lastError({ method, error }: Pick<ClaimedOperation, 'method' | 'error'>): WxaError {
  const { category, ...told } = OperationError.fromJSON(error ?? {});
  const name = category.replace('ERROR_CATEGORY_', '') as ErrorCategory;
  return { ...told, category: name, api: isMethod(method) ? ROOMS[method].api : '' };
}
