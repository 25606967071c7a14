import type { Method, RequestOf, ResultOf } from '@wxa/contracts';
import type { Comparison, Facts } from '@wxa/methods';
import { type ClaimedOperation, CONFIRMATIONS } from '@wxa/operations';
import type { WxaResult } from '@wxa/wxa-client';
import { isDailyQuota, untilDayTurnsMs } from '../throttle/retry-policy.js';

/** What the rooms of methods get to know about an operation. */
export function factsOf<M extends Method>(
  { snapshot, startedAt, createdAt }: ClaimedOperation,
  request: RequestOf<M>,
): Facts<M> {
  const isKnown = snapshot !== null && Object.keys(snapshot).length > 0;
  return { request, snapshot: isKnown ? snapshot : null, startedAt: startedAt ?? createdAt };
}

/** The answer to a reconciliation read. */
export type Answer<M extends Method> =
  | Comparison<ResultOf<M>>
  /**
   * `quotaMs`: time until the exhausted quota of the read resets. `isUnsent`: no read was sent, because of our own limits, or
   * because WeChat or the access token is unavailable.
   */
  | { kind: 'no-answer'; why: string; quotaMs?: number; isUnsent?: true };

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

/** Pauses before the second and third of `CONFIRMATIONS` reads. */
const PAUSES_MS = [1_000, 2_000];
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
