import { type Method, type OperationResult, requestFromJSON } from '@wxa/contracts';
import {
  type CallContext,
  type CallResult,
  isAuthorizationGone,
  ROOMS,
  type Room,
  reconciliationOf,
  serviceError,
} from '@wxa/methods';
import type { ClaimedOperation } from '@wxa/operations';
import type { WxaError } from '@wxa/wxa-client';
import { apiOf, type LaneEntry } from '../lanes/lane-entry.js';
import {
  type AttemptDecision,
  decideAfterAttempt,
  decideIfStopped,
  type EarlierAttempts,
  earlierAttemptsOf,
  effectOf,
  failsWithoutQuota,
  inDoubtIfMaybeExecuted,
  retrySoon,
} from '../settle/attempt-decision.js';
import { resultUnknown } from '../settle/attempt-errors.js';
import { operationResult } from '../settle/settlement.js';
import { isPlatformQuota, stopOf } from '../throttle/platform-limits.js';
import { backoffMs } from '../throttle/retry-policy.js';
import type { TokenAnswer } from '../tokens/token-source.js';
import { callContext, untilDeadlineMs } from '../wechat/call-context.js';
import { type ClaimedAttempt, type Lease, type Preflight, preflight, startCall } from './preflight.js';
import type { CallTools } from './runner-tools.js';

/** Minimum pause of one API of one mini-program after WeChat's rate limit (45011, 9402202). */
const RATE_LIMIT_PAUSE_MS = 1_000;
const STORE_RETRY_MS = 1_000;

/** An attempt and the decision that follows it. */
export interface AttemptResult {
  operation: ClaimedOperation;
  decision: AttemptDecision;
  sent: boolean;
  /** It may have been executed although it was not confirmed. */
  mayHaveActed?: boolean;
  /** If in doubt: the time after which the call can no longer take effect. */
  reconcileInMs?: number;
  sentAt?: Date;
  /** If it is retried: its deadline, in performance.now() time. */
  retryUntil?: number | undefined;
  /** WeChat answered to this token that the mini-program's authorization is lost. */
  authorizationLost?: { token: string; error: WxaError };
  /** Replaces a result that Postgres rejected. */
  unstorable?: true;
}

/** Calls WeChat for a claimed operation and decides what follows. No transaction is open. */
export async function act(
  tools: CallTools,
  entry: LaneEntry,
  operation: ClaimedOperation,
  token: TokenAnswer,
  lease: Lease,
): Promise<AttemptResult> {
  const leftMs = untilDeadlineMs(tools, operation.startedAt ?? new Date(), operation.throttledMs);
  if (token.kind !== 'token') {
    const decision = tokenFailure(entry, operation, token, leftMs);
    const earlier = earlierAttemptsOf(entry, operation);
    return { operation, decision: inDoubtIfMaybeExecuted(decision, earlier), sent: false };
  }
  const { method } = entry;
  const notAfter = () => lease.validFrom + lease.ms;
  // The API may be stopped while its call waits for its reservation or a connection. Reads continue.
  const { platform } = tools.limits;
  const ownApi = apiOf(entry);
  const isWithdrawn = (api: string) => api === ownApi && stopOf(platform, method, ownApi) !== undefined;
  const span = tools.spans?.of(entry);
  const wechat = callContext(tools, operation, { token: token.token, notAfter, isWithdrawn, span });
  const attempt: ClaimedAttempt<Method> = { entry, method, operation, wechat, lease, leftMs };
  const checked = await preflightOrRetry(tools, attempt);
  if (checked.kind === 'decision') return { operation, decision: checked.decision, sent: false };
  const earlier = earlierAttemptsOf(entry, operation);
  if (checked.kind === 'send') startCall(entry);
  const started = { at: new Date(), ms: performance.now() };
  const result = checked.kind === 'result' ? checked.result : await call(tools, method, operation, wechat);
  if (result.kind === 'retryable' && result.cause === 'connect') {
    const stopped = decideIfStopped(stopOf(platform, method, ownApi), operation, earlier);
    if (stopped !== undefined) return { operation, decision: stopped, sent: false };
  }
  // Before the refusal: a rollout that sees it must see the stop, or it would submit again at once.
  if (result.kind === 'error' && isPlatformQuota(result.error)) await platform.storeStop(result.error.api);
  return concluded(tools, attempt, { result, started, earlier, token: token.token });
}

async function preflightOrRetry(tools: CallTools, attempt: ClaimedAttempt<Method>): Promise<Preflight> {
  try {
    return await preflight(tools, attempt);
  } catch (error) {
    tools.onStoreFailure(error);
    const failure = serviceError('internal', 'Postgres read failed before the call', apiOf(attempt.entry));
    return { kind: 'decision', decision: { kind: 'retry', error: failure, afterMs: STORE_RETRY_MS } };
  }
}

interface Call {
  result: CallResult<OperationResult | undefined>;
  started: { at: Date; ms: number };
  earlier: EarlierAttempts;
  token: string;
}

/** What follows the result of a call; remembers in the lane what the next attempt must know. */
function concluded(
  tools: CallTools,
  attempt: ClaimedAttempt<Method>,
  { result, started, earlier, token }: Call,
): AttemptResult {
  const { entry, method, operation, leftMs } = attempt;
  const cause = result.kind === 'retryable' ? result.cause : undefined;
  if (cause === 'rate') blockApi(tools, entry.appid, result);
  const decision = decisionOf(tools, attempt, result);
  entry.memory.rejectedToken = cause === 'token' ? token : undefined;
  const retryUntil = decision.kind === 'retry' ? started.ms + leftMs : undefined;
  const common = { operation, retryUntil, ...authorizationLossOf(result, token) };
  if (result.sent === false || cause === 'connect')
    return { ...common, decision: inDoubtIfMaybeExecuted(decision, earlier), sent: false };
  const mayHaveActed = result.kind === 'ambiguous' || cause === 'busy';
  const attempts = mayHaveActed ? { method, mayHaveActed, isConfirmedNotExecuted: false } : earlier;
  const longestMs = result.kind === 'ambiguous' ? tools.timeoutMs * ROOMS[method].timeoutFactor : 0;
  return {
    ...common,
    decision: inDoubtIfMaybeExecuted(decision, attempts),
    sent: true,
    mayHaveActed,
    reconcileInMs: Math.max(0, longestMs - (performance.now() - started.ms)),
    sentAt: started.at,
  };
}

function decisionOf(
  { dailyQuota }: CallTools,
  { entry, method, operation, leftMs }: ClaimedAttempt<Method>,
  result: CallResult<OperationResult | undefined>,
): AttemptDecision {
  const { isChange, fence: claims, mayHaveActed } = operation;
  const { duplicateCodes = [], provingCodes = [] } = (mayHaveActed && reconciliationOf(method)) || {};
  const tokenRefreshed = entry.memory.rejectedToken !== undefined;
  return decideAfterAttempt(result, {
    ...{ isChange, claims, leftMs, tokenRefreshed },
    ...{ dailyQuota, failsWithoutQuota: failsWithoutQuota(operation), duplicateCodes, provingCodes },
    ...(method === 'ChangeWechat' && { effect: effectOf(operation) }),
  });
}

function authorizationLossOf(
  result: CallResult<unknown>,
  token: string,
): Pick<AttemptResult, 'authorizationLost'> {
  const isGone = result.kind === 'error' && isAuthorizationGone(result.error);
  return isGone ? { authorizationLost: { token, error: result.error } } : {};
}

function blockApi({ limits }: CallTools, appid: string, result: CallResult<unknown>): void {
  if (result.kind !== 'ok') limits.block(appid, result.error.api, RATE_LIMIT_PAUSE_MS);
}

function tokenFailure(
  entry: LaneEntry,
  { fence }: ClaimedOperation,
  token: Exclude<TokenAnswer, { kind: 'token' }>,
  leftMs: number,
): AttemptDecision {
  const api = apiOf(entry);
  if (token.kind === 'not-authorized') {
    const { why = 'this mini-program has no token' } = token;
    return { kind: 'failed', error: serviceError('notAuthorized', why, api) };
  }
  const error = serviceError('tokenUnavailable', token.why, api);
  const decision = retrySoon(error, backoffMs(fence), { leftMs });
  return decision.kind === 'failed' ? { kind: 'failed', error } : decision;
}

async function call<M extends Method>(
  tools: CallTools,
  method: M,
  { request }: ClaimedOperation,
  wechat: CallContext,
): Promise<CallResult<OperationResult | undefined>> {
  const room: Room<M> = ROOMS[method];
  const result = await room
    .call(requestFromJSON(method, request), wechat)
    .catch((error: unknown): CallResult<never> => {
      tools.onStoreFailure(error);
      const failure = serviceError('internal', 'Postgres read failed during the call', room.api);
      return { kind: 'ambiguous', cause: 'unreadable', error: failure };
    });
  return result.kind === 'ok' ? { ...result, value: operationResult(method, result.value) } : result;
}

/** An attempt that ended before its call. */
export function notSent(
  entry: LaneEntry,
  operation: AttemptResult['operation'],
  name: 'wechatUnavailable' | 'internal',
  why: string,
): AttemptResult {
  const error = serviceError(name, why, apiOf(entry));
  return { operation, decision: { kind: 'retry', error, afterMs: 0 }, sent: false };
}

/** The snapshot is stored before the call is sent: without it, nothing was sent. */
export function afterWorkerLoss(entry: LaneEntry, operation: AttemptResult['operation']): AttemptResult {
  const { method } = entry;
  const error = serviceError('workerLost', 'worker lost during the call', apiOf(entry));
  if (method === 'ChangeWechat') return afterLostCall(operation, error);
  const isSent = reconciliationOf(method)?.snapshot === undefined || operation.snapshot !== null;
  return isSent
    ? { operation, decision: { kind: 'in-doubt', error }, sent: true, mayHaveActed: true }
    : { operation, decision: { kind: 'retry', error, afterMs: 0 }, sent: false };
}

/** Whether a listed call was sent is not known: a set is repeated, and its deadline is checked then. */
function afterLostCall(operation: AttemptResult['operation'], error: WxaError): AttemptResult {
  const unknown = resultUnknown(error);
  const decision: AttemptDecision =
    effectOf(operation) === 'set'
      ? { kind: 'retry', error: unknown, afterMs: 0 }
      : { kind: 'failed', error: unknown };
  return { operation, decision, sent: true, mayHaveActed: true };
}
