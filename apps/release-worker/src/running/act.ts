import { type Method, type OperationResult, requestFromJSON } from '@wxa/contracts';
import type { ClaimedOperation, Store, TokenStore } from '@wxa/store';
import type { WxaClient, WxaError } from '@wxa/wxa-client';
import { HANDLERS } from '../handlers/handlers.js';
import type { CallContext, CallResult, Handler } from '../handlers/wechat.js';
import type { LaneEntry } from '../lanes/lane-entry.js';
import type { RateLimits } from '../pacing/rate-limits.js';
import { reconciliationOf } from '../resolving/reconciliations.js';
import { type DeadlineTools, untilDeadlineMs } from '../retrying/deadline.js';
import { backoffMs, type DailyQuota } from '../retrying/retry-policy.js';
import { isAuthorizationGone } from '../tokens/refusals.js';
import type { TokenAnswer } from '../tokens/token-source.js';
import { type AttemptDecision, decide, retrySoon } from './attempt-decision.js';
import { operationResult } from './operation-result.js';
import {
  type ClaimedAttempt,
  inDoubtIfMaybeExecuted,
  type Preflight,
  preflight,
  resetForRetry,
  suspicionOf,
} from './preflight.js';
import { serviceError } from './service-errors.js';

/** WeChat said "too often": that API of that mini-program rests at least so long. */
const RATE_REST_MS = 1_000;
const STORE_RETRY_MS = 1_000;

/** What an act works with. */
export interface ActTools extends DeadlineTools {
  client: WxaClient;
  limits: RateLimits;
  store: Pick<Store, 'openMedia' | 'versionOfAudit' | 'versionCommittedBefore' | 'snapshot'>;
  tokenStore?: TokenStore | undefined;
  /** One WeChat call, connect to last byte. */
  timeoutMs: number;
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
  const wechat = wechatFor(tools, sending, token.token);
  const prepared = await preflight(tools, Object.assign(sending, { wechat })).catch(
    (error: unknown): Preflight => {
      tools.onStoreFailure(error);
      const fault = serviceError(
        'internal',
        'Postgres could not be read before the call',
        HANDLERS[method].api,
      );
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
    already: duplicateCodes,
    proof: provingCodes,
  };
  const verdict = decide(handled, tried);
  entry.retryUntil = verdict.kind === 'retry' ? begun + leftMs : undefined;
  const gone = authorizationLossOf(handled, token.token);
  if (handled.sent === false || cause === 'connect')
    return { operation, verdict: inDoubtIfMaybeExecuted(verdict, suspicion), sent: false, ...gone };
  const mayHaveActed = handled.kind === 'ambiguous' || cause === 'busy';
  const longestMs = handled.kind === 'ambiguous' ? tools.timeoutMs * HANDLERS[method].timeoutFactor : 0;
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

function wechatFor(
  tools: ActTools,
  sending: Omit<ClaimedAttempt<Method>, 'wechat'>,
  token: string,
): CallContext {
  const { id, appid, fence } = sending.operation;
  return {
    client: tools.client,
    options: {
      token,
      timeoutMs: tools.timeoutMs,
      /** Read for each call: a question that comes first renews the claim. */
      get notAfter() {
        return sending.leaseValidFrom + sending.leaseMs;
      },
      onResult: (result, api) => tools.limits.learn(appid, api, result),
    },
    versionOfAudit: (auditId) => tools.store.versionOfAudit(appid, String(auditId)),
    attachment: () => tools.store.openMedia(id),
    tokenStore: tools.tokenStore,
    isRetry: fence > 1,
  };
}

function tokenFailure(
  { method }: LaneEntry,
  { fence }: ClaimedOperation,
  token: Exclude<TokenAnswer, { kind: 'token' }>,
  leftMs: number,
): AttemptDecision {
  const { api } = HANDLERS[method];
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
  const handler: Handler<M> = HANDLERS[method];
  const begun = performance.now();
  const handled = await handler
    .handle(requestFromJSON(method, request), wechat)
    .catch((error: unknown): CallResult<never> => {
      tools.onStoreFailure(error);
      const fault = serviceError('internal', 'Postgres could not be read around the call', handler.api);
      return { kind: 'ambiguous', cause: 'unreadable', error: fault };
    });
  tools.onTried(handler.api, handled.kind, (performance.now() - begun) / 1000);
  return handled.kind === 'ok' ? { ...handled, value: operationResult(method, handled.value) } : handled;
}
