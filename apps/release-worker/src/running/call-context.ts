import type { CallContext } from '@wxa/methods';
import type { ClaimedOperation, Store, TokenStore } from '@wxa/store';
import type { WxaClient } from '@wxa/wxa-client';
import type { RateLimits } from '../pacing/rate-limits.js';

/** What calls and reads of WeChat need. */
export interface ContextTools {
  client: WxaClient;
  limits: RateLimits;
  store: Pick<Store, 'openMedia' | 'versionOfAudit' | 'versionCommittedBefore'>;
  tokenStore?: TokenStore | undefined;
  /** One WeChat call, connect to last byte. */
  timeoutMs: number;
}

/** The context of an operation's calls and reads. @param notAfter is read for each call: a claim may be renewed between. */
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
    attachment: () => store.openMedia(id),
    versionOfAudit: (auditId) => store.versionOfAudit(appid, String(auditId)),
    committedVersion: () => store.versionCommittedBefore(appid, id),
    authorizers: tokenStore,
    isRetry: fence > 1,
  };
}
