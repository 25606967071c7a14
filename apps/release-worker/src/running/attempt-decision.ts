import type { OperationResult } from '@wxa/contracts';
import { type CallResult, isPrivacyCheckRunning } from '@wxa/methods';
import type { WxaError } from '@wxa/wxa-client';
import { isPlatformQuota } from '../pacing/platform-limits.js';
import {
  backoffMs,
  type DailyQuota,
  isDailyQuota,
  privacyCheckMs,
  rateBackoffMs,
  untilDayTurnsMs,
} from '../retrying/retry-policy.js';

/** What is to become of an operation after a try. */
export type AttemptDecision =
  | { kind: 'succeeded'; result: OperationResult | undefined }
  | { kind: 'failed'; error: WxaError }
  /** `anew`: its deadline begins with the next try. */
  | { kind: 'retry'; error: WxaError; afterMs: number; anew?: true }
  | { kind: 'refresh-token'; error: WxaError }
  | { kind: 'in-doubt'; error: WxaError };

/** What the verdict depends on. */
export interface AttemptContext {
  isChange: boolean;
  /** Tries that WeChat or the network turned away, this one among them. */
  claims: number;
  /** Until its deadline. */
  leftMs: number;
  /** The try before was turned away for its token too. */
  tokenRefreshed: boolean;
  /** Refusals that mean it may be done already: an earlier try may have had its effect. */
  duplicateCodes?: readonly number[];
  /** Refusals that say that an earlier try had its effect. */
  provingCodes?: readonly number[];
  dailyQuota: DailyQuota;
  random?: () => number;
}

/** Soon the API is known to be closed, and the operation waits for it to open; no deadline ends that. */
const PLATFORM_STOP_MS = 500;

/** Judges a try; a change whose answer was lost is never repeated. */
export function decide(
  handled: CallResult<OperationResult | undefined>,
  tried: AttemptContext,
): AttemptDecision {
  switch (handled.kind) {
    case 'ok':
      return { kind: 'succeeded', result: handled.value };
    case 'error':
      if (isPrivacyCheckRunning(handled)) return retry(handled.error, privacyCheckMs(tried.random), tried);
      return judgeError(handled.error, tried);
    case 'ambiguous':
      if (tried.isChange) return { kind: 'in-doubt', error: handled.error };
      // A proxy or a firewall would refuse it again.
      if (handled.cause === 'intermediary') return { kind: 'failed', error: handled.error };
      return retrySoon(handled.error, backoffMs(tried.claims, tried.random), tried);
    case 'retryable':
      return judgeRetryable(handled.cause, handled.error, tried);
  }
}

function judgeError(error: WxaError, tried: AttemptContext): AttemptDecision {
  if (tried.provingCodes?.includes(error.errcode)) return { kind: 'succeeded', result: undefined };
  if (tried.duplicateCodes?.includes(error.errcode)) return { kind: 'in-doubt', error };
  // Nobody waits until tomorrow for the answer to a query.
  return refused(error, tried.isChange ? tried.dailyQuota : 'fail');
}

/** WeChat will not do it; where that is set, what a daily quota refused waits until that opens. */
export function refused(error: WxaError, dailyQuota: DailyQuota, now = Date.now()): AttemptDecision {
  if (isPlatformQuota(error)) return { kind: 'retry', error, afterMs: PLATFORM_STOP_MS };
  const waits = dailyQuota === 'delay' && isDailyQuota(error.errcode);
  return waits
    ? { kind: 'retry', error, afterMs: untilDayTurnsMs(now), anew: true }
    : { kind: 'failed', error };
}

function judgeRetryable(
  cause: 'busy' | 'rate' | 'token' | 'connect',
  error: WxaError,
  tried: AttemptContext,
): AttemptDecision {
  switch (cause) {
    case 'token':
      return tried.tokenRefreshed ? { kind: 'failed', error } : { kind: 'refresh-token', error };
    case 'rate':
      return retry(error, rateBackoffMs(tried.claims, tried.random), tried);
    case 'busy':
    case 'connect':
      return retrySoon(error, backoffMs(tried.claims, tried.random), tried);
  }
}

/** Another try after the back-off, the last one at the deadline. */
export function retrySoon(
  error: WxaError,
  afterMs: number,
  { leftMs }: Pick<AttemptContext, 'leftMs'>,
): AttemptDecision {
  return leftMs > 0
    ? { kind: 'retry', error, afterMs: Math.min(afterMs, leftMs) }
    : { kind: 'failed', error: deadlineError(error) };
}

/** Another try after a while that WeChat needs, or, where the deadline would pass, none. */
export function retry(
  error: WxaError,
  afterMs: number,
  { leftMs }: Pick<AttemptContext, 'leftMs'>,
): AttemptDecision {
  return afterMs < leftMs
    ? { kind: 'retry', error, afterMs }
    : { kind: 'failed', error: deadlineError(error) };
}

const NOT_DONE = 'It did not happen. Ask again under a new request_id when WeChat is well.';

/**
 * Whether the call was refused, by WeChat or by a guard, for a reason that stands: neither a lost response, nor an end
 * of ours (deadline, no token, no worker).
 */
export function isRefusal({ errcode, reason }: Pick<WxaError, 'errcode' | 'reason'>): boolean {
  return errcode !== 0 || reason === 'VERSION_MISMATCH' || reason === 'HTTP_REFUSED';
}

const IN_DOUBT =
  'WeChat may have acted on an earlier try and is asked; what is left in doubt is for ResolveOperation.';

/** This attempt is over, but whether an earlier one had its effect is still to be found out. */
export function inDoubt(error: WxaError): WxaError {
  if (isRefusal(error)) return { ...error, hint: `${IN_DOUBT} ${error.hint}` };
  return error.reason === 'DEADLINE' ? { ...error, hint: IN_DOUBT } : error;
}

/** No earlier attempt had its effect after all: the error as it was before `inDoubt`. */
export function outOfDoubt(error: WxaError): WxaError {
  const { hint } = error;
  return hint.startsWith(`${IN_DOUBT} `) ? { ...error, hint: hint.slice(IN_DOUBT.length + 1) } : error;
}

/** It did not happen, and it is too late for another try. */
export function deadlineError(last: WxaError): WxaError {
  if (last.reason === 'DEADLINE') return { ...last, hint: NOT_DONE };
  const code = last.errcode === 0 ? '' : `${last.errcode} `;
  return {
    ...last,
    errcode: 0,
    errmsg: `not done before its deadline; the last try: ${code}${last.errmsg}`,
    reason: 'DEADLINE',
    category: 'DEADLINE',
    retryable: true,
    hint: NOT_DONE,
  };
}
