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
import type { ClaimedOperation, Store } from '@wxa/store';
import type { WxaError } from '@wxa/wxa-client';
import type { LaneEntry } from '../lanes/lane-entry.js';
import { type AttemptDecision, decide, retrySoon } from '../settle/attempt-decision.js';
import { operationResult } from '../settle/operation-result.js';
import { backoffMs, type DailyQuota } from '../throttle/retry-policy.js';
import type { TokenAnswer } from '../tokens/token-source.js';
import { type ContextTools, callContext } from '../wechat/call-context.js';
import { type DeadlineTools, untilDeadlineMs } from '../wechat/deadline.js';
import {
  type ClaimedAttempt,
  earlierAttemptsOf,
  inDoubtIfMaybeExecuted,
  type Preflight,
  preflight,
  resetForRetry,
} from './preflight.js';

/** Minimum pause of one API of one mini-program after WeChat's rate limit (45011, 9402202). */
const RATE_LIMIT_PAUSE_MS = 1_000;
const STORE_RETRY_MS = 1_000;

export interface ActTools extends DeadlineTools, ContextTools {
  store: ContextTools['store'] & Pick<Store, 'snapshot'>;
  dailyQuota: DailyQuota;
  /** The lease is the call's longest time plus this. */
  leaseMarginMs: number;
  onStoreFailure(error: unknown): void;
  onCall(api: string, kind: CallResult<unknown>['kind'], seconds: number): void;
}

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
  /** WeChat answered to this token that the mini-program's authorization is lost. */
  authorizationLost?: { token: string; error: WxaError };
  /** Replaces a result that Postgres rejected. */
  unstorable?: true;
}

/** Calls WeChat for a claimed operation and decides what follows. No transaction is open. */
export async function act(
  tools: ActTools,
  entry: LaneEntry,
  operation: ClaimedOperation,
  token: TokenAnswer,
  claim: Pick<ClaimedAttempt<Method>, 'leaseMs' | 'leaseValidFrom'>,
): Promise<AttemptResult> {
  const leftMs = untilDeadlineMs(tools, operation.startedAt ?? new Date(), operation.throttledMs);
  if (token.kind !== 'token') {
    const decision = tokenFailure(entry, operation, token, leftMs);
    return {
      operation,
      decision: inDoubtIfMaybeExecuted(decision, earlierAttemptsOf(entry, operation)),
      sent: false,
    };
  }
  const { method } = entry;
  const attempt: Omit<ClaimedAttempt<Method>, 'wechat'> = { entry, method, operation, leftMs, ...claim };
  const notAfter = () => attempt.leaseValidFrom + attempt.leaseMs;
  const wechat = callContext(tools, operation, { token: token.token, notAfter });
  const checked = await preflight(tools, Object.assign(attempt, { wechat })).catch(
    (error: unknown): Preflight => {
      tools.onStoreFailure(error);
      const failure = serviceError('internal', 'Postgres read failed before the call', ROOMS[method].api);
      return { kind: 'decision', decision: { kind: 'retry', error: failure, afterMs: STORE_RETRY_MS } };
    },
  );
  if (checked.kind === 'decision') return { operation, decision: checked.decision, sent: false };
  const earlier = earlierAttemptsOf(entry, operation);
  if (checked.kind === 'send') resetForRetry(entry);
  const sentAt = new Date();
  const callStartedAt = performance.now();
  const result = checked.kind === 'result' ? checked.result : await call(tools, method, operation, wechat);
  const cause = result.kind === 'retryable' ? result.cause : undefined;
  if (cause === 'rate') blockApi(tools, entry.appid, result);
  const { isChange, fence: claims } = operation;
  const tokenRefreshed = entry.rejectedToken !== undefined;
  entry.rejectedToken = cause === 'token' ? token.token : undefined;
  const { duplicateCodes = [], provingCodes = [] } =
    (operation.mayHaveActed && reconciliationOf(method)) || {};
  const { dailyQuota } = tools;
  const decision = decide(result, {
    isChange,
    claims,
    leftMs,
    tokenRefreshed,
    dailyQuota,
    duplicateCodes,
    provingCodes,
  });
  entry.retryUntil = decision.kind === 'retry' ? callStartedAt + leftMs : undefined;
  const lost = authorizationLossOf(result, token.token);
  if (result.sent === false || cause === 'connect')
    return { operation, decision: inDoubtIfMaybeExecuted(decision, earlier), sent: false, ...lost };
  const mayHaveActed = result.kind === 'ambiguous' || cause === 'busy';
  const longestMs = result.kind === 'ambiguous' ? tools.timeoutMs * ROOMS[method].timeoutFactor : 0;
  const reconcileInMs = Math.max(0, longestMs - (performance.now() - callStartedAt));
  return {
    operation,
    decision: inDoubtIfMaybeExecuted(
      decision,
      mayHaveActed ? { method, mayHaveActed, isConfirmedNotExecuted: false } : earlier,
    ),
    sent: true,
    mayHaveActed,
    reconcileInMs,
    sentAt,
    ...lost,
  };
}

function authorizationLossOf(
  result: CallResult<unknown>,
  token: string,
): Pick<AttemptResult, 'authorizationLost'> {
  const isGone = result.kind === 'error' && isAuthorizationGone(result.error);
  return isGone ? { authorizationLost: { token, error: result.error } } : {};
}

function blockApi({ limits }: ActTools, appid: string, result: CallResult<unknown>): void {
  if (result.kind !== 'ok') limits.block(appid, result.error.api, RATE_LIMIT_PAUSE_MS);
}

function tokenFailure(
  { method }: LaneEntry,
  { fence }: ClaimedOperation,
  token: Exclude<TokenAnswer, { kind: 'token' }>,
  leftMs: number,
): AttemptDecision {
  const { api } = ROOMS[method];
  if (token.kind === 'not-authorized') {
    const { why = 'this mini-program has no token' } = token;
    return { kind: 'failed', error: serviceError('notAuthorized', why, api) };
  }
  const error = serviceError('tokenUnavailable', token.why, api);
  const decision = retrySoon(error, backoffMs(fence), { leftMs });
  return decision.kind === 'failed' ? { kind: 'failed', error } : decision;
}

async function call<M extends Method>(
  tools: ActTools,
  method: M,
  { request }: ClaimedOperation,
  wechat: CallContext,
): Promise<CallResult<OperationResult | undefined>> {
  const room: Room<M> = ROOMS[method];
  const callStartedAt = performance.now();
  const result = await room
    .call(requestFromJSON(method, request), wechat)
    .catch((error: unknown): CallResult<never> => {
      tools.onStoreFailure(error);
      const failure = serviceError('internal', 'Postgres read failed during the call', room.api);
      return { kind: 'ambiguous', cause: 'unreadable', error: failure };
    });
  tools.onCall(room.api, result.kind, (performance.now() - callStartedAt) / 1000);
  return result.kind === 'ok' ? { ...result, value: operationResult(method, result.value) } : result;
}
