import { isMethod, type Method, OperationError } from '@wxa/contracts';
import type { ClaimedOperation, Doubt, SettlementWithAudits } from '@wxa/store';
import type { ErrorCategory, WxaError } from '@wxa/wxa-client';
import { HANDLERS } from '../handlers/handlers.js';
import type { DailyQuota } from '../retrying/retry-policy.js';
import { operationResult } from '../running/operation-result.js';
import { settlement } from '../running/settlement.js';
import { deadlinePassed, outOfDoubt, refused, type Verdict } from '../running/verdict.js';
import type { Decision } from './after-answer.js';

/** The decisions that end a doubt. */
export type Ending<M extends Method> = Exclude<Decision<M>, { kind: 'ask-again' | 'stays' }>;

/** What is to be written of a doubt that ended. What is to run again is loaded from Postgres by its lane's worker. */
export function settlementOf(
  doubt: Doubt,
  decision: Ending<Method>,
  now: Date,
  dailyQuota: DailyQuota,
): SettlementWithAudits {
  const { saidNotDone } = doubt;
  const ending = { calls: 0, now, parked: true, mayHaveActed: false, askInMs: 0, saidNotDone };
  return settlement(doubt, verdictOf(doubt, decision, dailyQuota), ending);
}

function verdictOf(doubt: Doubt, decision: Ending<Method>, dailyQuota: DailyQuota): Verdict {
  switch (decision.kind) {
    case 'succeeded':
      return { kind: 'succeeded', result: operationResult(doubt.method as Method, decision.result) };
    case 'repeat':
      return { kind: 'retry', error: lastError(doubt), afterMs: 0 };
    case 'refused':
      return refused(outOfDoubt(lastError(doubt)), dailyQuota);
    case 'too-late':
      return { kind: 'failed', error: deadlinePassed(lastError(doubt)) };
  }
}

/** Why it came into doubt, or is tried again: a lost answer, a busy one, or the refusal of a repeat. */
export function lastError({ method, error }: Pick<ClaimedOperation, 'method' | 'error'>): WxaError {
  const { category, ...told } = OperationError.fromJSON(error ?? {});
  const name = category.replace('ERROR_CATEGORY_', '') as ErrorCategory;
  return { ...told, category: name, api: isMethod(method) ? HANDLERS[method].api : '' };
}
