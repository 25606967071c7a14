import { METHODS, type Method, type OperationResult, requestFromJSON } from '@wxa/contracts';
import type { ClaimedOperation, Store } from '@wxa/store';
import type { WxaClient } from '@wxa/wxa-client';
import { HANDLERS } from '../handlers/handlers.js';
import type { Handled, Handler } from '../handlers/wechat.js';
import type { LaneEntry } from '../lanes/lane-entry.js';
import type { RateLimits } from '../pacing/rate-limits.js';
import type { TokenAnswer } from '../tokens/token-source.js';
import { ourError } from './faults.js';
import { backoffMs } from './retry-policy.js';
import { judge, retrySoon, type Verdict } from './verdict.js';

/** WeChat said "too often": that API of that mini-program rests at least so long. */
const RATE_REST_MS = 1_000;

/** What an act works with. */
export interface ActTools {
  client: WxaClient;
  limits: RateLimits;
  store: Pick<Store, 'versionOfAudit'>;
  /** One WeChat call, connect to last byte. */
  timeoutMs: number;
  /** From the first claim on. */
  deadlineMs: number;
  onTried(api: string, kind: Handled<unknown>['kind'], seconds: number): void;
}

/** A try and what is to become of the operation. */
export interface Acted {
  operation: ClaimedOperation;
  verdict: Verdict;
  /** How often the call was sent: 0 or 1. */
  calls: number;
  /** Stands for one that Postgres refused. */
  unwritable?: true;
}

/** Calls WeChat for a claimed operation and judges what came of it. No transaction is open. */
export async function act(
  tools: ActTools,
  entry: LaneEntry,
  operation: ClaimedOperation,
  token: TokenAnswer,
): Promise<Acted> {
  const startedAt = operation.startedAt ?? new Date();
  const leftMs = startedAt.getTime() + tools.deadlineMs - Date.now();
  if (token.kind !== 'token')
    return { operation, verdict: withoutToken(entry, operation, token, leftMs), calls: 0 };
  const handled = await call(tools, entry.method, operation, token.token);
  const { api } = handled.kind === 'ok' ? HANDLERS[entry.method] : handled.error;
  tools.limits.learn(entry.appid, api, handled);
  const cause = handled.kind === 'retryable' ? handled.cause : undefined;
  if (cause === 'rate') tools.limits.block(entry.appid, HANDLERS[entry.method].api, RATE_REST_MS);
  const { isChange, attempt: tries } = operation;
  const tokenRefreshed = entry.refusedToken !== undefined;
  entry.refusedToken = cause === 'token' ? token.token : undefined;
  // A question that was answered -1 before the call was ever sent, as a guard's, leaves no doubt.
  const last = operation.error as { errcode?: number } | null;
  const afterBusy = operation.calls > 0 && last?.errcode === -1;
  const verdict = judge(handled, { isChange, tries, leftMs, afterBusy, tokenRefreshed });
  const notSent = handled.notSent || cause === 'connect';
  return { operation, verdict, calls: notSent ? 0 : 1 };
}

function withoutToken(
  { method }: LaneEntry,
  { attempt }: ClaimedOperation,
  token: Exclude<TokenAnswer, { kind: 'token' }>,
  leftMs: number,
): Verdict {
  const { api } = HANDLERS[method];
  if (token.kind === 'not-authorized') {
    return { kind: 'failed', error: ourError('notAuthorized', 'this mini-program has no token', api) };
  }
  const error = ourError('tokenUnavailable', token.why, api);
  const verdict = retrySoon(error, backoffMs(attempt), { leftMs });
  return verdict.kind === 'failed' ? { kind: 'failed', error } : verdict;
}

async function call<M extends Method>(
  tools: ActTools,
  method: M,
  { appid, request }: ClaimedOperation,
  token: string,
): Promise<Handled<OperationResult | undefined>> {
  const handler: Handler<M> = HANDLERS[method];
  const begun = performance.now();
  const handled = await handler.handle(requestFromJSON(method, request), {
    client: tools.client,
    options: { token, timeoutMs: tools.timeoutMs },
    versionOfAudit: (auditId) => tools.store.versionOfAudit(appid, String(auditId)),
  });
  tools.onTried(handler.api, handled.kind, (performance.now() - begun) / 1000);
  if (handled.kind !== 'ok') return handled;
  const value =
    handled.value === undefined ? undefined : { $case: METHODS[method].field, value: handled.value };
  return { ...handled, value: value as OperationResult | undefined };
}
