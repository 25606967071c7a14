import type { Method, ResultOf } from '@wxa/contracts';
import type { Comparison } from '@wxa/methods';
import { CONFIRMATIONS } from '@wxa/store';
import type { WxaResult } from '@wxa/wxa-client';
import { isDailyQuota, untilDayTurnsMs } from '../throttle/retry-policy.js';

export type Answer<M extends Method> =
  | Comparison<ResultOf<M>>
  /** `quotaMs`: time until the exhausted quota of the read resets. */
  | { kind: 'no-answer'; why: string; quotaMs?: number };

export interface DoubtFacts {
  /** Number of reconciliations, this one included. */
  asks: number;
  /** Number of negative reads before. */
  negativeReads: number;
  /** The doubt was caused by the rejection of a later attempt, not by a lost response. */
  rejected: boolean;
  /** Time until the deadline. */
  leftMs: number;
  /** The circuit breaker is open: a missing answer says nothing about this read. */
  isUnavailable: boolean;
}

export type ReconcileDecision<M extends Method> =
  | { kind: 'succeeded'; result: ResultOf<M> }
  /** Not executed, or a retry proves whether it was: it is sent again. */
  | { kind: 'retry' }
  /** Not executed: WeChat's rejection of the later attempt is the result. */
  | { kind: 'rejected' }
  /** Not executed, and past the deadline. */
  | { kind: 'too-late' }
  | { kind: 'check-again'; afterMs: number; negativeReads: number }
  /** Needs manual resolution. */
  | { kind: 'needs-operator'; why: string };

/** Pauses before the second and third of `CONFIRMATIONS` reads. */
const PAUSES_MS = [1_000, 2_000];
/** About 55 minutes without an answer; no read is made while the breaker is open. */
const MAX_ASKS = 60;
const BASE_MS = 500;
const CAP_MS = 60_000;

/** Decides what follows an answer. Pure, except for the jitter. */
export function decideAfterAnswer<M extends Method>(
  answer: Answer<M>,
  doubt: DoubtFacts,
  random: () => number = Math.random,
): ReconcileDecision<M> {
  switch (answer.kind) {
    case 'executed':
      return { kind: 'succeeded', result: answer.result };
    case 'retry-proves':
      // WeChat would reject another retry too.
      if (doubt.rejected)
        return {
          kind: 'needs-operator',
          why: 'WeChat rejected the retry that would have proved the execution',
        };
      return doubt.leftMs > 0 ? { kind: 'retry' } : { kind: 'needs-operator', why: answer.why };
    case 'inconclusive':
      return { kind: 'needs-operator', why: answer.why };
    case 'no-answer': {
      if (doubt.asks >= MAX_ASKS && !doubt.isUnavailable) return { kind: 'needs-operator', why: answer.why };
      const afterMs = answer.quotaMs ?? waitMs(doubt.asks, random);
      return { kind: 'check-again', afterMs, negativeReads: doubt.negativeReads };
    }
    case 'not-executed':
      return afterNegativeRead(doubt);
  }
}

/**
 * WeChat's reads lag behind its writes, so several negative reads with pauses confirm that a change was not executed.
 * @returns the pause before the next read, in milliseconds; undefined if it is confirmed.
 */
export function pauseAfterNegativeRead(readsBefore: number): number | undefined {
  return PAUSES_MS[readsBefore];
}

/** Whether enough negative reads confirm that a change was not executed. */
export function isConfirmed(negativeReads: number): boolean {
  return negativeReads >= CONFIRMATIONS;
}

type Negative = Exclude<ReconcileDecision<Method>, { kind: 'succeeded' | 'needs-operator' }>;

function afterNegativeRead({ negativeReads, rejected, leftMs }: DoubtFacts): Negative {
  const pause = pauseAfterNegativeRead(negativeReads);
  if (pause !== undefined) return { kind: 'check-again', afterMs: pause, negativeReads: negativeReads + 1 };
  if (rejected) return { kind: 'rejected' };
  return leftMs > 0 ? { kind: 'retry' } : { kind: 'too-late' };
}

/** Exponential back-off with 50 % jitter. */
function waitMs(asks: number, random: () => number): number {
  const maxMs = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(asks, 10));
  return Math.floor(maxMs / 2 + (random() * maxMs) / 2);
}

/**
 * Maps the result of a reconciliation: only WeChat's rejection of the read ends it, except for an exhausted daily
 * quota.
 */
export function answerOf<M extends Method>(
  result: WxaResult<Comparison<ResultOf<M>>>,
  now = Date.now(),
): Answer<M> {
  if (result.kind === 'ok') return result.value;
  const { errcode, errmsg } = result.error;
  const why = `WeChat did not answer the reconciliation read: ${errcode === 0 ? '' : `${errcode} `}${errmsg}`;
  if (isDailyQuota(errcode)) return { kind: 'no-answer', why, quotaMs: untilDayTurnsMs(now) };
  return { kind: result.kind === 'error' ? 'inconclusive' : 'no-answer', why };
}
