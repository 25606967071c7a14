import { setTimeout as delay } from 'node:timers/promises';
import { isAuthorizationGone } from '@wxa/methods';
import {
  API,
  type AuthorizerInfo,
  type AuthorizerListPage,
  type CallOptions,
  type WxaClient,
  type WxaError,
  type WxaResult,
} from '@wxa/wxa-client';
import type { PlatformLimits } from '../throttle/platform-limits.js';
import { until } from '../throttle/reservation-queue.js';
import { isTokenRejected } from '../tokens/authorizing.js';
import { errorMessage, type PlatformToken } from '../tokens/platform-token.js';
import type { CircuitBreaker } from '../wechat/circuit-breaker.js';

/** Accounts in a page of the list. */
export const PAGE = 500;
/** Calls per second to one API at most; of an API with a rate, half of it is left to others. */
const MAX_PER_SECOND = 20;
const ATTEMPTS = 5;
const RETRY_MS = 1_000;

export interface SyncCallTools {
  client: Pick<WxaClient, 'getAuthorizerList' | 'getAuthorizerInfo'>;
  componentAppid: string;
  timeoutMs: number;
  platform: Pick<PlatformToken, 'get'>;
  limits: Pick<PlatformLimits, 'perSecond' | 'use' | 'stoppedBy' | 'learn'>;
  breaker: Pick<CircuitBreaker, 'untilClosed'>;
  maxPerSecond?: number;
}

/** The sync cannot continue; the message says why. */
export class SyncFailedError extends Error {}

/** The process stops, or has lost the lease: another one continues the sync. */
export class SyncInterruptedError extends Error {}

/** The reads of a sync, within the rate limits. They are repeated until WeChat answers, a few times. */
export class SyncCalls {
  readonly #nextAt = new Map<string, number>();

  /** @param signal aborted: no further call is sent. */
  constructor(
    private readonly tools: SyncCallTools,
    private readonly signal: AbortSignal,
  ) {}

  page(offset: number): Promise<WxaResult<AuthorizerListPage>> {
    const { client, componentAppid } = this.tools;
    return this.#call(API.getAuthorizerList, (options) =>
      client.getAuthorizerList({ componentAppid, offset, count: PAGE }, options),
    );
  }

  info(appid: string): Promise<WxaResult<AuthorizerInfo>> {
    const { client, componentAppid } = this.tools;
    return this.#call(API.getAuthorizerInfo, (options) =>
      client.getAuthorizerInfo({ componentAppid, appid }, options),
    );
  }

  /** Resolves with WeChat's answer, or with the last failure if there is none; rejects with SyncFailedError without a valid token. */
  async #call<T>(api: string, send: (options: CallOptions) => Promise<WxaResult<T>>): Promise<WxaResult<T>> {
    let rejected: string | undefined;
    let failed: WxaResult<T> | string = '';
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      if (attempt > 1)
        await delay(attempt * RETRY_MS, undefined, { signal: this.signal }).catch(() => undefined);
      await this.#waitFor(api);
      const component = await this.tools.platform.get(rejected);
      if (component.kind === 'not-authorized')
        throw new SyncFailedError(`there is no token of the platform: ${component.why}`);
      if (component.kind !== 'token') {
        failed = component.why ?? '';
        continue;
      }
      const { componentAppid, limits, timeoutMs } = this.tools;
      const notAfter = performance.now() + timeoutMs;
      const result = await send({ token: component.token, timeoutMs, notAfter });
      limits.learn(componentAppid, api, result);
      if (result.kind === 'ok') return result;
      rejected = isTokenRejected(result) ? component.token : undefined;
      if (result.kind === 'error' && rejected === undefined) return result;
      failed = rejected === undefined ? result : errorMessage(result.error);
    }
    if (typeof failed === 'string') throw new SyncFailedError(failed);
    return failed;
  }

  /** Resolves when a call may be sent. */
  async #waitFor(api: string): Promise<void> {
    const { breaker, componentAppid, limits } = this.tools;
    if (!(await breaker.untilClosed(componentAppid))) throw new SyncInterruptedError();
    if (limits.stoppedBy(api) !== undefined) throw new SyncFailedError(`${api} is stopped`);
    const { maxPerSecond = MAX_PER_SECOND } = this.tools;
    const perSecond = Math.min(maxPerSecond, (limits.perSecond(api) ?? Number.POSITIVE_INFINITY) / 2);
    const at = Math.max(performance.now(), this.#nextAt.get(api) ?? 0);
    this.#nextAt.set(api, at + 1000 / perSecond);
    await until(at);
    const reservedAt = await limits.use(api, at);
    await until(reservedAt ?? at);
    if (this.signal.aborted) throw new SyncInterruptedError();
  }
}

/** Throws SyncFailedError if WeChat refuses the platform and not only the account. */
export function rejectIfOfPlatform(error: WxaError): void {
  const isOfPlatform = ['PERMISSION', 'QUOTA'].includes(error.category);
  if (isOfPlatform && !isAuthorizationGone(error)) throw new SyncFailedError(errorMessage(error));
}
