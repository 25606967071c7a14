import { setTimeout as delay } from 'node:timers/promises';
import type { Directory, TokenStore } from '@wxa/authorizers';
import type { CallContext, FleetReads } from '@wxa/methods';
import type { ClaimedOperation } from '@wxa/operations';
import { idsOf, type Logger, type Span } from '@wxa/service';
import type { Store } from '@wxa/store';
import type { CallFacts, WxaClient, WxaResult } from '@wxa/wxa-client';
import type { Spans } from '../spans.js';
import type { RateLimits } from '../throttle/rate-limits.js';
import type { CircuitBreaker } from './circuit-breaker.js';

export interface ContextTools {
  client: WxaClient;
  limits: RateLimits;
  store: {
    attachments: Pick<Store['attachments'], 'open'>;
    audits: Pick<Store['audits'], 'versionOf' | 'versionCommittedBefore'>;
    setup: Store['setup'];
  };
  directory?: Directory | undefined;
  tokenStore?: TokenStore | undefined;
  fleet?: FleetReads | undefined;
  /** One WeChat call, connect to last byte. */
  timeoutMs: number;
  spans?: Spans | undefined;
  /** Has a line for each exchange with WeChat for an operation, at the level `debug`. */
  logger: Pick<Logger, 'level' | 'debug'>;
}

/** What keeps calls from being sent. */
interface CallGuards {
  /** In performance.now() time; evaluated at each call, since a lease may be renewed. */
  notAfter(): number;
  /** Evaluated right before the first byte of each call. */
  isWithdrawn?(api: string): boolean;
}

/**
 * The context of an operation's calls and reads.
 * @param call `span`: the parent of the calls' spans.
 */
export function callContext(
  { client, limits, store, directory, tokenStore, fleet, timeoutMs, spans, logger }: ContextTools,
  operation: ClaimedOperation,
  {
    token,
    notAfter,
    isWithdrawn = () => false,
    span,
  }: CallGuards & { token: string; span: Span | undefined },
): CallContext {
  const { id, appid, fence } = operation;
  return {
    client,
    options: {
      token,
      timeoutMs,
      get notAfter() {
        return notAfter();
      },
      isWithdrawn,
      onResult: (result, api, facts) => {
        limits.platform.learn(appid, api, result);
        if (LOGGED_AT.has(logger.level)) logger.debug(lineOf(operation, api, result, facts), 'wechat call');
        if (span !== undefined) spans?.called(span, result, api, facts);
      },
    },
    attachment: () => store.attachments.open(id),
    versionOfAudit: (auditId) => store.audits.versionOf(appid, String(auditId)),
    committedVersion: () => store.audits.versionCommittedBefore(appid, id),
    setup: {
      stopDomainChanges: () => store.setup.stopDomainChanges(appid),
      areDomainChangesStopped: async () => (await store.setup.domainChangesStoppedUntil(appid)) !== undefined,
      sentPrivacyText: () => store.setup.sentPrivacyText(appid),
      keepSentPrivacyText: (sha256) => store.setup.keepSentPrivacyText(appid, sha256),
      keepPlatformDomains: (lists) => store.setup.keepPlatformDomains(lists),
    },
    reserve: (api) => limits.acquire(appid, api),
    pause: (ms) => delay(ms),
    links: directory,
    authorizers: tokenStore,
    fleet,
    isRetry: fence > 1,
  };
}

const LOGGED_AT: ReadonlySet<string> = new Set(['debug', 'trace']);

/** @param operation whose own call it was, or which a read serves. */
function lineOf(
  operation: ClaimedOperation,
  api: string,
  result: WxaResult<unknown>,
  { seconds }: Pick<CallFacts, 'seconds'>,
) {
  const { errcode = 0, rid = '' } = result.kind === 'ok' ? {} : result.error;
  return {
    ...idsOf(operation),
    api,
    result: result.kind,
    errcode,
    rid,
    duration_ms: Math.round(seconds * 1000),
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
