import type { Method, ResultOf } from '@wxa/contracts';
import { CONFIRMATIONS } from '@wxa/store';
import type { WxaResult } from '@wxa/wxa-client';
import { isDailyQuota, untilDayTurnsMs } from '../retrying/retry-policy.js';
import type { Judgement } from './judgements.js';

/** What became of one question. */
export type Answer<M extends Method> =
  | Judgement<ResultOf<M>>
  /** `quotaMs`: the quota of the read is used up for so long. */
  | { kind: 'unanswered'; why: string; quotaMs?: number };

/** What is known of the doubt. */
export interface Doubted {
  /** How often it was asked, this time among them. */
  asks: number;
  /** How often it was answered "not done" before. */
  saidNotDone: number;
  /** It came about by a refusal of a later attempt, not by a lost answer. */
  refused: boolean;
  /** Until its deadline. */
  leftMs: number;
  /** Nobody reaches WeChat now: that it did not answer says nothing. */
  isAway: boolean;
}

/** What is to become of the doubt. */
export type Decision<M extends Method> =
  | { kind: 'succeeded'; result: ResultOf<M> }
  /** Not done, or a repeat tells: it is sent again. */
  | { kind: 'repeat' }
  /** Not done: the refusal stands. */
  | { kind: 'refused' }
  /** Not done, and too late to send it again. */
  | { kind: 'too-late' }
  | { kind: 'ask-again'; afterMs: number; saidNotDone: number }
  /** A person has to settle it. */
  | { kind: 'stays'; why: string };

/** Before the second and the third time of `CONFIRMATIONS`. */
const PAUSES_MS = [1_000, 2_000];
/** Some 55 minutes without an answer; while the breaker is open, nobody asks. */
const MAX_ASKS = 60;
const BASE_MS = 500;
const CAP_MS = 60_000;

/** Decides what an answer makes of a doubt. Pure, but for the jitter. */
export function afterAnswer<M extends Method>(
  answer: Answer<M>,
  doubted: Doubted,
  random: () => number = Math.random,
): Decision<M> {
  switch (answer.kind) {
    case 'done':
      return { kind: 'succeeded', result: answer.result };
    case 'repeat-tells':
      // One that was refused would be refused again, until its deadline.
      if (doubted.refused) return { kind: 'stays', why: 'the repeat that would have told was refused' };
      return doubted.leftMs > 0 ? { kind: 'repeat' } : { kind: 'stays', why: answer.why };
    case 'unclear':
      return { kind: 'stays', why: answer.why };
    case 'unanswered': {
      if (doubted.asks >= MAX_ASKS && !doubted.isAway) return { kind: 'stays', why: answer.why };
      const afterMs = answer.quotaMs ?? waitMs(doubted.asks, random);
      return { kind: 'ask-again', afterMs, saidNotDone: doubted.saidNotDone };
    }
    case 'not-done':
      return notDone(doubted);
  }
}

/**
 * WeChat's reads lag behind its writes: "not done" is believed when it was said so often, with pauses between.
 * @returns after how many milliseconds to ask again; undefined: it is believed.
 */
export function pauseAfterNotDone(saidBefore: number): number | undefined {
  return PAUSES_MS[saidBefore];
}

/** Whether "not done" was said so often that it is believed. */
export function isConfirmed(saidNotDone: number): boolean {
  return saidNotDone >= CONFIRMATIONS;
}

type NotDone = Extract<Decision<Method>, { kind: 'ask-again' | 'refused' | 'repeat' | 'too-late' }>;

function notDone({ saidNotDone, refused, leftMs }: Doubted): NotDone {
  const pause = pauseAfterNotDone(saidNotDone);
  if (pause !== undefined) return { kind: 'ask-again', afterMs: pause, saidNotDone: saidNotDone + 1 };
  if (refused) return { kind: 'refused' };
  return leftMs > 0 ? { kind: 'repeat' } : { kind: 'too-late' };
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
  result: WxaResult<Judgement<ResultOf<M>>>,
  now = Date.now(),
): Answer<M> {
  if (result.kind === 'ok') return result.value;
  const { errcode, errmsg } = result.error;
  const why = `WeChat did not say: ${errcode === 0 ? '' : `${errcode} `}${errmsg}`;
  if (isDailyQuota(errcode)) return { kind: 'unanswered', why, quotaMs: untilDayTurnsMs(now) };
  return { kind: result.kind === 'error' ? 'unclear' : 'unanswered', why };
}
