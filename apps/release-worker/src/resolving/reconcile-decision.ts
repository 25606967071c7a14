import type { Method, ResultOf } from '@wxa/contracts';
import type { Comparison } from '@wxa/methods';
import { CONFIRMATIONS } from '@wxa/store';
import type { WxaResult } from '@wxa/wxa-client';
import { isDailyQuota, untilDayTurnsMs } from '../retrying/retry-policy.js';

/** What became of one question. */
export type Answer<M extends Method> =
  | Comparison<ResultOf<M>>
  /** `quotaMs`: the quota of the read is used up for so long. */
  | { kind: 'no-answer'; why: string; quotaMs?: number };

/** What is known of the doubt. */
export interface DoubtFacts {
  /** How often it was asked, this time among them. */
  asks: number;
  /** How often it was answered "not done" before. */
  negativeReads: number;
  /** It came about by a refusal of a later attempt, not by a lost answer. */
  rejected: boolean;
  /** Until its deadline. */
  leftMs: number;
  /** Nobody reaches WeChat now: that it did not answer says nothing. */
  isUnavailable: boolean;
}

/** What is to become of the doubt. */
export type ReconcileDecision<M extends Method> =
  | { kind: 'succeeded'; result: ResultOf<M> }
  /** Not done, or a repeat tells: it is sent again. */
  | { kind: 'retry' }
  /** Not done: the refusal stands. */
  | { kind: 'refused' }
  /** Not done, and too late to send it again. */
  | { kind: 'too-late' }
  | { kind: 'check-again'; afterMs: number; negativeReads: number }
  /** A person has to settle it. */
  | { kind: 'needs-operator'; why: string };

/** Before the second and the third time of `CONFIRMATIONS`. */
const PAUSES_MS = [1_000, 2_000];
/** Some 55 minutes without an answer; while the breaker is open, nobody asks. */
const MAX_ASKS = 60;
const BASE_MS = 500;
const CAP_MS = 60_000;

/** Decides what an answer makes of a doubt. Pure, but for the jitter. */
export function decideAfterAnswer<M extends Method>(
  answer: Answer<M>,
  doubted: DoubtFacts,
  random: () => number = Math.random,
): ReconcileDecision<M> {
  switch (answer.kind) {
    case 'executed':
      return { kind: 'succeeded', result: answer.result };
    case 'retry-proves':
      // One that was refused would be refused again, until its deadline.
      if (doubted.rejected)
        return { kind: 'needs-operator', why: 'the repeat that would have told was refused' };
      return doubted.leftMs > 0 ? { kind: 'retry' } : { kind: 'needs-operator', why: answer.why };
    case 'inconclusive':
      return { kind: 'needs-operator', why: answer.why };
    case 'no-answer': {
      if (doubted.asks >= MAX_ASKS && !doubted.isUnavailable)
        return { kind: 'needs-operator', why: answer.why };
      const afterMs = answer.quotaMs ?? waitMs(doubted.asks, random);
      return { kind: 'check-again', afterMs, negativeReads: doubted.negativeReads };
    }
    case 'not-executed':
      return notDone(doubted);
  }
}

/**
 * WeChat's reads lag behind its writes: "not done" is believed when it was said so often, with pauses between.
 * @returns after how many milliseconds to ask again; undefined: it is believed.
 */
export function pauseAfterNegativeRead(saidBefore: number): number | undefined {
  return PAUSES_MS[saidBefore];
}

/** Whether "not done" was said so often that it is believed. */
export function isConfirmed(negativeReads: number): boolean {
  return negativeReads >= CONFIRMATIONS;
}

type NotDone = Extract<ReconcileDecision<Method>, { kind: 'check-again' | 'refused' | 'retry' | 'too-late' }>;

function notDone({ negativeReads, rejected, leftMs }: DoubtFacts): NotDone {
  const pause = pauseAfterNegativeRead(negativeReads);
  if (pause !== undefined) return { kind: 'check-again', afterMs: pause, negativeReads: negativeReads + 1 };
  if (rejected) return { kind: 'refused' };
  return leftMs > 0 ? { kind: 'retry' } : { kind: 'too-late' };
}

/** Half of it is jitter. */
function waitMs(asks: number, random: () => number): number {
  const most = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(asks, 10));
  return Math.floor(most / 2 + (random() * most) / 2);
}

/**
 * Reads what became of the call that asked: only a plain refusal of the question ends the asking, and that of a day's
 * quota is none.
 */
export function answerOf<M extends Method>(
  result: WxaResult<Comparison<ResultOf<M>>>,
  now = Date.now(),
): Answer<M> {
  if (result.kind === 'ok') return result.value;
  const { errcode, errmsg } = result.error;
  const why = `WeChat did not say: ${errcode === 0 ? '' : `${errcode} `}${errmsg}`;
  if (isDailyQuota(errcode)) return { kind: 'no-answer', why, quotaMs: untilDayTurnsMs(now) };
  return { kind: result.kind === 'error' ? 'inconclusive' : 'no-answer', why };
}
