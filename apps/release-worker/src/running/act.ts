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
import { type DeadlineTools, untilDeadlineMs } from '../retrying/deadline.js';
import { backoffMs, type DailyQuota } from '../retrying/retry-policy.js';
import type { TokenAnswer } from '../tokens/token-source.js';
import { type AttemptDecision, decide, retrySoon } from './attempt-decision.js';
import { type ContextTools, callContext } from './call-context.js';
import { operationResult } from './operation-result.js';
import {
  type ClaimedAttempt,
  inDoubtIfMaybeExecuted,
  type Preflight,
  preflight,
  resetForRetry,
  suspicionOf,
} from './preflight.js';

/** WeChat said "too often": that API of that mini-program rests at least so long. */
const RATE_REST_MS = 1_000;
const STORE_RETRY_MS = 1_000;

/** What an act works with. */
export interface ActTools extends DeadlineTools, ContextTools {
  store: ContextTools['store'] & Pick<Store, 'snapshot'>;
  dailyQuota: DailyQuota;
  /** A claim holds for its call's longest time plus this. */
  leaseMarginMs: number;
  onStoreFailure(error: unknown): void;
  onTried(api: string, kind: CallResult<unknown>['kind'], seconds: number): void;
}

/** A try and what is to become of the operation. */
export interface AttemptResult {
  operation: ClaimedOperation;
  verdict: AttemptDecision;
  /** Whether the call was sent. */
  sent: boolean;
  /** It may have had its effect although it was not confirmed. */
  mayHaveActed?: boolean;
  /** Where it is in doubt: it can no longer take effect after this time. */
  reconcileInMs?: number;
  /** When the call was sent. */
  sentAt?: Date;
  /** WeChat says that the mini-program's authorization is gone, and to which token. */
  authorizationLost?: { token: string; error: WxaError };
  /** Stands for one that Postgres refused. */
  unstorable?: true;
}

/** Calls WeChat for a claimed operation and judges what came of it. No transaction is open. */
export async function act(
  tools: ActTools,
  entry: LaneEntry,
  operation: ClaimedOperation,
  token: TokenAnswer,
  claim: Pick<ClaimedAttempt<Method>, 'leaseMs' | 'leaseValidFrom'>,
): Promise<AttemptResult> {
  const leftMs = untilDeadlineMs(tools, operation.startedAt ?? new Date(), operation.throttledMs);
  if (token.kind !== 'token') {
    const verdict = tokenFailure(entry, operation, token, leftMs);
    return {
      operation,
      verdict: inDoubtIfMaybeExecuted(verdict, suspicionOf(entry, operation)),
      sent: false,
    };
  }
  const { method } = entry;
  const sending: Omit<ClaimedAttempt<Method>, 'wechat'> = { entry, method, operation, leftMs, ...claim };
  const notAfter = () => sending.leaseValidFrom + sending.leaseMs;
  const wechat = callContext(tools, operation, { token: token.token, notAfter });
  const prepared = await preflight(tools, Object.assign(sending, { wechat })).catch(
    (error: unknown): Preflight => {
      tools.onStoreFailure(error);
      const fault = serviceError('internal', 'Postgres could not be read before the call', ROOMS[method].api);
      return { kind: 'verdict', verdict: { kind: 'retry', error: fault, afterMs: STORE_RETRY_MS } };
    },
  );
  if (prepared.kind === 'verdict') return { operation, verdict: prepared.verdict, sent: false };
  const suspicion = suspicionOf(entry, operation);
  if (prepared.kind === 'send') resetForRetry(entry);
  const sentAt = new Date();
  const begun = performance.now();
  const handled =
    prepared.kind === 'handled' ? prepared.handled : await call(tools, method, operation, wechat);
  const cause = handled.kind === 'retryable' ? handled.cause : undefined;
  if (cause === 'rate') blockApi(tools, entry.appid, handled);
  const { isChange, fence: claims } = operation;
  const tokenRefreshed = entry.refusedToken !== undefined;
  entry.refusedToken = cause === 'token' ? token.token : undefined;
  const { duplicateCodes = [], provingCodes = [] } =
    (operation.mayHaveActed && reconciliationOf(method)) || {};
  const { dailyQuota } = tools;
  const tried = {
    isChange,
    claims,
    leftMs,
    tokenRefreshed,
    dailyQuota,
    duplicateCodes,
    provingCodes,
  };
  const verdict = decide(handled, tried);
  entry.retryUntil = verdict.kind === 'retry' ? begun + leftMs : undefined;
  const gone = authorizationLossOf(handled, token.token);
  if (handled.sent === false || cause === 'connect')
    return { operation, verdict: inDoubtIfMaybeExecuted(verdict, suspicion), sent: false, ...gone };
  const mayHaveActed = handled.kind === 'ambiguous' || cause === 'busy';
  const longestMs = handled.kind === 'ambiguous' ? tools.timeoutMs * ROOMS[method].timeoutFactor : 0;
  const reconcileInMs = Math.max(0, longestMs - (performance.now() - begun));
  return {
    operation,
    verdict: inDoubtIfMaybeExecuted(
      verdict,
      mayHaveActed ? { method, mayHaveActed, isConfirmedNotExecuted: false } : suspicion,
    ),
    sent: true,
    mayHaveActed,
    reconcileInMs,
    sentAt,
    ...gone,
  };
}

function authorizationLossOf(
  handled: CallResult<unknown>,
  token: string,
): Pick<AttemptResult, 'authorizationLost'> {
  const isGone = handled.kind === 'error' && isAuthorizationGone(handled.error);
  return isGone ? { authorizationLost: { token, error: handled.error } } : {};
}

function blockApi({ limits }: ActTools, appid: string, handled: CallResult<unknown>): void {
  if (handled.kind !== 'ok') limits.block(appid, handled.error.api, RATE_REST_MS);
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
  const verdict = retrySoon(error, backoffMs(fence), { leftMs });
  return verdict.kind === 'failed' ? { kind: 'failed', error } : verdict;
}

async function call<M extends Method>(
  tools: ActTools,
  method: M,
  { request }: ClaimedOperation,
  wechat: CallContext,
): Promise<CallResult<OperationResult | undefined>> {
  const room: Room<M> = ROOMS[method];
  const begun = performance.now();
  const handled = await room
    .call(requestFromJSON(method, request), wechat)
    .catch((error: unknown): CallResult<never> => {
      tools.onStoreFailure(error);
      const fault = serviceError('internal', 'Postgres could not be read around the call', room.api);
      return { kind: 'ambiguous', cause: 'unreadable', error: fault };
    });
  tools.onTried(room.api, handled.kind, (performance.now() - begun) / 1000);
  return handled.kind === 'ok' ? { ...handled, value: operationResult(method, handled.value) } : handled;
}
