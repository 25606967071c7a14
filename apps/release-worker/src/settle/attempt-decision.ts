import {
  isMethod,
  type Method,
  type OperationResult,
  requestFromJSON,
  WechatCall,
  WechatCallEffect,
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
import { isPlatformQuota, type Stop } from '../throttle/platform-limits.js';
import {
  backoffMs,
  type DailyQuota,
  isDailyQuota,
  privacyCheckMs,
  rateBackoffMs,
  untilDayTurnsMs,
} from '../throttle/retry-policy.js';
import { deadlineError, inDoubt, resultUnknown } from './attempt-errors.js';
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
  /** Of a listed change. */
  effect?: ListedEffect;
  random?: () => number;
}

/** By then the worker knows that the API's quota is exhausted and delays the operation; no deadline applies. */
const PLATFORM_STOP_MS = 500;

/** Decides what follows an attempt. A change whose response was lost is never retried without reconciliation. */
export function decideAfterAttempt(
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
      if (context.effect !== undefined) return afterUnknown(result.error, context.effect, context);
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
      if (context.effect !== undefined) return afterUnknown(error, context.effect, context);
      return retrySoon(error, backoffMs(context.claims, context.random), context);
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

/** What a repetition of a listed change does: nothing more, or it is not allowed. */
export type ListedEffect = 'set' | 'once';

export function effectOf({ request }: Pick<ClaimedOperation, 'request'>): ListedEffect {
  const { effect } = WechatCall.fromJSON(request);
  return effect === WechatCallEffect.WECHAT_CALL_EFFECT_SET ? 'set' : 'once';
}

/** The result of a listed change is unknown: its effect cannot be read. */
function afterUnknown(error: WxaError, effect: ListedEffect, context: AttemptContext): AttemptDecision {
  const unknown = resultUnknown(error);
  if (effect === 'once' || context.leftMs <= 0) return { kind: 'failed', error: unknown };
  return retrySoon(unknown, backoffMs(context.claims, context.random), context);
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
  const waits = decision.kind === 'retry' && decision.restartsDeadline === true;
  if (method === 'ChangeWechat')
    return mayHaveActed && (waits || decision.kind === 'failed') ? unknownResult(decision) : decision;
  const fails = decision.kind === 'failed' && !(isConfirmedNotExecuted && !failsPrecondition(decision.error));
  const isInDoubt = (fails || waits) && mayHaveActed && reconciliationOf(method) !== undefined;
  return isInDoubt ? { kind: 'in-doubt', error: inDoubt(decision.error) } : decision;
}

/** An earlier attempt may have been executed, no read shows it, and a refusal of this one says nothing about it. */
function unknownResult({ error }: Extract<AttemptDecision, { error: WxaError }>): AttemptDecision {
  return { kind: 'failed', error: error.reason === 'RESPONSE_TOO_LARGE' ? error : resultUnknown(error) };
}

/**
 * What follows if a stop holds the call of an operation; undefined if none does. The stop may end only in weeks: only what
 * certainly was not executed waits for it.
 */
export function decideIfStopped(
  stop: Stop | undefined,
  operation: ClaimedOperation,
  { method, mayHaveActed, isConfirmedNotExecuted }: EarlierAttempts,
): AttemptDecision | undefined {
  if (stop === undefined) return undefined;
  const error = apiStopped(stop.api, stop.by);
  const isOpen = mayHaveActed && !isConfirmedNotExecuted && reconciliationOf(method) !== undefined;
  if (isOpen) return { kind: 'in-doubt', error: inDoubt(error) };
  // Its repetition would have to wait for the end of the stop, and no read shows whether it was executed.
  if (mayHaveActed && method === 'ChangeWechat') return { kind: 'failed', error: resultUnknown(error) };
  if (stop.by === 'wechat' && failsWithoutQuota(operation)) return { kind: 'failed', error };
  // The next step of its lane delays it in Postgres.
  return { kind: 'retry', error, afterMs: 0 };
}
