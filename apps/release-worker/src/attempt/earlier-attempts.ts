import type { Method } from '@wxa/contracts';
import { apiStopped, isVersionMismatch, ROOMS, reconciliationOf } from '@wxa/methods';
import type { ClaimedOperation } from '@wxa/operations';
import type { LaneEntry } from '../lanes/lane-entry.js';
import { type AttemptDecision, failsWithoutQuota, inDoubt } from '../settle/attempt-decision.js';
import { isConfirmed } from '../settle/reconciliation-read.js';
import type { CallTools } from './runner-tools.js';

/** What is known about the previous attempts of an operation. */
export interface EarlierAttempts {
  method: Method;
  /** One of them may have been executed although it was not confirmed. */
  mayHaveActed: boolean;
  /** Reads have confirmed since that none was. */
  isConfirmedNotExecuted: boolean;
}

/** Valid only until the next call is sent. */
export function earlierAttemptsOf(
  { method, memory }: LaneEntry,
  { mayHaveActed, negativeReads }: ClaimedOperation,
): EarlierAttempts {
  const isConfirmedNotExecuted = isConfirmed(Math.max(memory.negativeReads, negativeReads));
  return { method, mayHaveActed, isConfirmedNotExecuted };
}

/**
 * An operation that may have been executed is reconciled before it fails or is delayed for a quota. So is one whose
 * precondition does not hold any more, even if reads showed before that it was not executed: that may be its own effect.
 */
export function inDoubtIfMaybeExecuted(
  decision: AttemptDecision,
  { method, mayHaveActed, isConfirmedNotExecuted }: EarlierAttempts,
): AttemptDecision {
  const fails = decision.kind === 'failed' && !(isConfirmedNotExecuted && !isVersionMismatch(decision.error));
  const waits = decision.kind === 'retry' && decision.restartsDeadline === true;
  const isInDoubt = (fails || waits) && mayHaveActed && reconciliationOf(method) !== undefined;
  return isInDoubt ? { kind: 'in-doubt', error: inDoubt(decision.error) } : decision;
}

/**
 * What follows if the API of an operation is stopped; undefined if it is not. The stop may end only in weeks: only what
 * certainly was not executed waits for it.
 */
export function decideIfStopped(
  { limits }: Pick<CallTools, 'limits'>,
  operation: ClaimedOperation,
  { method, mayHaveActed, isConfirmedNotExecuted }: EarlierAttempts,
): AttemptDecision | undefined {
  const { api } = ROOMS[method];
  const stoppedBy = limits.platform.stoppedBy(api);
  if (stoppedBy === undefined) return undefined;
  const error = apiStopped(api, stoppedBy);
  const isOpen = mayHaveActed && !isConfirmedNotExecuted && reconciliationOf(method) !== undefined;
  if (isOpen) return { kind: 'in-doubt', error: inDoubt(error) };
  if (stoppedBy === 'wechat' && failsWithoutQuota(operation)) return { kind: 'failed', error };
  // The next step of its lane delays it in Postgres.
  return { kind: 'retry', error, afterMs: 0 };
}
