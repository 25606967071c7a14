import type { CallContext } from '@wxa/methods';
import type { ClaimedOperation, Store, TokenStore } from '@wxa/store';
import type { WxaClient } from '@wxa/wxa-client';
import type { RateLimits } from '../throttle/rate-limits.js';
import type { CircuitBreaker } from './circuit-breaker.js';

export interface ContextTools {
  client: WxaClient;
  limits: RateLimits;
  store: {
    attachments: Pick<Store['attachments'], 'open'>;
    audits: Pick<Store['audits'], 'versionOf' | 'versionCommittedBefore'>;
  };
  tokenStore?: TokenStore | undefined;
  /** One WeChat call, connect to last byte. */
  timeoutMs: number;
}

/** The context of an operation's calls and reads. @param notAfter is evaluated at each call, since a lease may be renewed. */
export function callContext(
  { client, limits, store, tokenStore, timeoutMs }: ContextTools,
  { id, appid, fence }: ClaimedOperation,
  { token, notAfter }: { token: string; notAfter(): number },
): CallContext {
  return {
    client,
    options: {
      token,
      timeoutMs,
      get notAfter() {
        return notAfter();
      },
      onResult: (result, api) => limits.learn(appid, api, result),
    },
    attachment: () => store.attachments.open(id),
    versionOfAudit: (auditId) => store.audits.versionOf(appid, String(auditId)),
    committedVersion: () => store.audits.versionCommittedBefore(appid, id),
    authorizers: tokenStore,
    isRetry: fence > 1,
  };
}

export interface DeadlineTools {
  /** Counted from an operation's first claim. */
  deadlineMs: number;
  breaker: Pick<CircuitBreaker, 'openWithinMs'>;
}

/**
 * Milliseconds until the deadline of an operation. Neither time with the circuit breaker open nor time throttled by our
 * own limits counts.
 */
export function untilDeadlineMs(
  { deadlineMs, breaker }: DeadlineTools,
  startedAt: Date,
  throttledMs: number,
): number {
  const ranMs = Math.max(0, Date.now() - startedAt.getTime());
  return deadlineMs - ranMs + throttledMs + breaker.openWithinMs(ranMs);
}
