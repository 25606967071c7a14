import {
  isMethod,
  type Method,
  OPERATION_REASONS,
  type OperationResult,
  requestFromJSON,
} from '@wxa/contracts';
import {
  apiStopped,
  type CallResult,
  failsPrecondition,
  isPrivacyCheckRunning,
  ROOMS,
  type Room,
  reconciliationOf,
} from '@wxa/methods';
import type { ClaimedOperation } from '@wxa/operations';
import type { WxaError } from '@wxa/wxa-client';
import { isPlatformQuota, type PlatformLimits } from '../throttle/platform-limits.js';
import {
  backoffMs,
  type DailyQuota,
  isDailyQuota,
  privacyCheckMs,
  rateBackoffMs,
  untilDayTurnsMs,
} from '../throttle/retry-policy.js';
import { isConfirmed } from './reconciliation-read.js';

/** The next state of an operation after an attempt. */
export type AttemptDecision =
  | { kind: 'succeeded'; result: OperationResult | undefined }
  | { kind: 'failed'; error: WxaError }
  /** `restartsDeadline`: the deadline is counted from the next attempt. */
  | { kind: 'retry'; error: WxaError; afterMs: number; restartsDeadline?: true }
  | { kind: 'refresh-token'; error: WxaError }
  | { kind: 'in-doubt'; error: WxaError };

export interface AttemptContext {
  isChange: boolean;
  /** Number of claims so far, this one included; it sets the back-off. */
  claims: number;
  /** Time until the deadline. */
  leftMs: number;
  /** The token of the previous attempt was rejected too. */
  tokenRefreshed: boolean;
  /** Codes after which an earlier attempt may have been executed. */
  duplicateCodes?: readonly number[];
  /** Codes that prove that an earlier attempt was executed. */
  provingCodes?: readonly number[];
  dailyQuota: DailyQuota;
  /** Of its request. */
  failsWithoutQuota?: boolean;
  random?: () => number;
}

/** By then the worker knows that the API's quota is exhausted and delays the operation; no deadline applies. */
const PLATFORM_STOP_MS = 500;

/** Decides what follows an attempt. A change whose response was lost is never retried without reconciliation. */
export function decide(
  result: CallResult<OperationResult | undefined>,
  context: AttemptContext,
): AttemptDecision {
  switch (result.kind) {
    case 'ok':
      return { kind: 'succeeded', result: result.value };
    case 'error':
      if (isPrivacyCheckRunning(result)) return retry(result.error, privacyCheckMs(context.random), context);
      return decideOnError(result.error, context);
    case 'ambiguous':
      if (context.isChange) return { kind: 'in-doubt', error: result.error };
      // A proxy or a firewall would reject it again.
      if (result.cause === 'intermediary') return { kind: 'failed', error: result.error };
      return retrySoon(result.error, backoffMs(context.claims, context.random), context);
    case 'retryable':
      return decideOnRetryable(result.cause, result.error, context);
  }
}

function decideOnError(error: WxaError, context: AttemptContext): AttemptDecision {
  if (context.provingCodes?.includes(error.errcode)) return { kind: 'succeeded', result: undefined };
  if (context.duplicateCodes?.includes(error.errcode)) return { kind: 'in-doubt', error };
  // No caller waits until tomorrow for the response to a query.
  return onRejection(error, { ...context, dailyQuota: context.isChange ? context.dailyQuota : 'fail' });
}

/**
 * After WeChat rejected a call. It waits for an exhausted monthly quota, unless its request says otherwise, and with the
 * policy `delay` for an exhausted daily quota.
 */
export function onRejection(
  error: WxaError,
  { dailyQuota, failsWithoutQuota = false }: Pick<AttemptContext, 'dailyQuota' | 'failsWithoutQuota'>,
  now = Date.now(),
): AttemptDecision {
  if (isPlatformQuota(error) && !failsWithoutQuota)
    return { kind: 'retry', error, afterMs: PLATFORM_STOP_MS };
  const waits = dailyQuota === 'delay' && isDailyQuota(error.errcode);
  return waits
    ? { kind: 'retry', error, afterMs: untilDayTurnsMs(now), restartsDeadline: true }
    : { kind: 'failed', error };
}

/** Whether the request of an operation says that it fails, and does not wait, while the monthly quota is exhausted. */
export function failsWithoutQuota({
  method,
  request,
}: Pick<ClaimedOperation, 'method' | 'request'>): boolean {
  return isMethod(method) && saysFail(method, request);
}

function saysFail<M extends Method>(method: M, request: unknown): boolean {
  const room: Room<M> = ROOMS[method];
  return room.failsWithoutQuota?.(requestFromJSON(method, request)) === true;
}

function decideOnRetryable(
  cause: 'busy' | 'rate' | 'token' | 'connect',
  error: WxaError,
  context: AttemptContext,
): AttemptDecision {
  switch (cause) {
    case 'token':
      return context.tokenRefreshed ? { kind: 'failed', error } : { kind: 'refresh-token', error };
    case 'rate':
      return retry(error, rateBackoffMs(context.claims, context.random), context);
    case 'busy':
    case 'connect':
      return retrySoon(error, backoffMs(context.claims, context.random), context);
  }
}

/** Retries after the back-off, for the last time at the deadline. */
export function retrySoon(
  error: WxaError,
  afterMs: number,
  { leftMs }: Pick<AttemptContext, 'leftMs'>,
): AttemptDecision {
  return leftMs > 0
    ? { kind: 'retry', error, afterMs: Math.min(afterMs, leftMs) }
    : { kind: 'failed', error: deadlineError(error) };
}

/** Retries after the time that WeChat needs; fails if the deadline would pass before. */
export function retry(
  error: WxaError,
  afterMs: number,
  { leftMs }: Pick<AttemptContext, 'leftMs'>,
): AttemptDecision {
  return afterMs < leftMs
    ? { kind: 'retry', error, afterMs }
    : { kind: 'failed', error: deadlineError(error) };
}

/** What to do about an operation that was not executed before its deadline, by its reason. */
const NOT_EXECUTED: Record<string, string> = {
  DEADLINE: 'Not executed. Retry with a new request_id once WeChat has recovered.',
  SUBMIT_STUCK: `Not executed. ${OPERATION_REASONS.SUBMIT_STUCK.hint}`,
};

/** Without an errcode, and not to be repeated. */
const FINAL: ReadonlySet<string> = new Set(['HTTP_REFUSED', 'GUIDE_NOT_STORED']);

/**
 * Whether the call was rejected for a permanent reason, by WeChat or by a precondition: neither a lost response nor a
 * failure of this service (deadline, no token, worker lost).
 */
export function isRejection({ errcode, reason }: Pick<WxaError, 'errcode' | 'reason'>): boolean {
  return errcode !== 0 || failsPrecondition({ reason }) || FINAL.has(reason);
}

const IN_DOUBT =
  'WeChat may have executed an earlier attempt. The service reconciles it; if that is inconclusive, use ResolveOperation.';

/** This attempt has ended, but whether an earlier one was executed is still unknown. */
export function inDoubt(error: WxaError): WxaError {
  if (isRejection(error)) return { ...error, hint: `${IN_DOUBT} ${error.hint}` };
  return error.reason in NOT_EXECUTED ? { ...error, hint: IN_DOUBT } : error;
}

/** Undoes `inDoubt`, once reads show that no earlier attempt was executed. */
export function outOfDoubt(error: WxaError): WxaError {
  const { hint } = error;
  return hint.startsWith(`${IN_DOUBT} `) ? { ...error, hint: hint.slice(IN_DOUBT.length + 1) } : error;
}

const BUSY = -1;

/** The error of an operation that was not executed before its deadline. */
export function deadlineError(last: WxaError): WxaError {
  const passed = NOT_EXECUTED[last.reason];
  if (passed !== undefined) return { ...last, hint: passed };
  // WeChat's own advice of December 2025 is to add the template again.
  const isStuck = last.errcode === BUSY && last.api === ROOMS.SubmitAudit.api;
  const reason = isStuck ? 'SUBMIT_STUCK' : 'DEADLINE';
  const code = last.errcode === 0 ? '' : `${last.errcode} `;
  return {
    ...last,
    errcode: 0,
    errmsg: `deadline exceeded; last error: ${code}${last.errmsg}`,
    reason,
    category: 'DEADLINE',
    retryable: OPERATION_REASONS[reason].retryable,
    hint: NOT_EXECUTED[reason] ?? '',
  };
}

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
  { method, memory }: { method: Method; memory: { negativeReads: number } },
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
  const fails = decision.kind === 'failed' && !(isConfirmedNotExecuted && !failsPrecondition(decision.error));
  const waits = decision.kind === 'retry' && decision.restartsDeadline === true;
  const isInDoubt = (fails || waits) && mayHaveActed && reconciliationOf(method) !== undefined;
  return isInDoubt ? { kind: 'in-doubt', error: inDoubt(decision.error) } : decision;
}

/**
 * What follows if the API of an operation is stopped; undefined if it is not. The stop may end only in weeks: only what
 * certainly was not executed waits for it.
 */
export function decideIfStopped(
  limits: Pick<PlatformLimits, 'stoppedBy'>,
  operation: ClaimedOperation,
  { method, mayHaveActed, isConfirmedNotExecuted }: EarlierAttempts,
): AttemptDecision | undefined {
  const { api } = ROOMS[method];
  const stoppedBy = limits.stoppedBy(api);
  if (stoppedBy === undefined) return undefined;
  const error = apiStopped(api, stoppedBy);
  const isOpen = mayHaveActed && !isConfirmedNotExecuted && reconciliationOf(method) !== undefined;
  if (isOpen) return { kind: 'in-doubt', error: inDoubt(error) };
  if (stoppedBy === 'wechat' && failsWithoutQuota(operation)) return { kind: 'failed', error };
  // The next step of its lane delays it in Postgres.
  return { kind: 'retry', error, afterMs: 0 };
}
