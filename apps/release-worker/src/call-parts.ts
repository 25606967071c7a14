import type { Directory, TokenStore } from '@wxa/authorizers';
import type { KafkaConnection } from '@wxa/kafka';
import type { FleetReads } from '@wxa/methods';
import { type Logger, leaseLog, logTlsError, type Tracing, untilItWorks, watchTlsFiles } from '@wxa/service';
import type { Store } from '@wxa/store';
import { type Config, GROUP } from './config.js';
import { countRead } from './fleet/report.js';
import { countExchange, retriesTotal } from './metrics.js';
import { Spans } from './spans.js';
import { AuthorizerSync, SYNC_LEASE } from './sync/authorizer-sync.js';
import { Permits } from './throttle/permits.js';
import { PlatformLimits } from './throttle/platform-limits.js';
import { RateLimits } from './throttle/rate-limits.js';
import { CodeExchanger } from './tokens/code-exchanger.js';
import { ComponentTokens } from './tokens/component-tokens.js';
import { EndpointTokens } from './tokens/endpoint-tokens.js';
import { TokenRenewals } from './tokens/token-renewals.js';
import { StaticTokens, type TokenAnswer, type TokenSource } from './tokens/token-source.js';
import { WechatConnection } from './wechat/wechat-connection.js';
import type { WorkerReport } from './worker-report.js';

/** More connections than calls in flight, so that no call waits for one and is sent after its lease has expired. */
const SPARE_CONNECTIONS = 8;

/** What is there before the parts. */
export interface Base {
  config: Config;
  logger: Logger;
  report: WorkerReport;
  store: Store;
  connection: KafkaConnection;
  directory: Directory;
  /** Undefined if access tokens have another source than the platform's authorizations. */
  tokenStore: TokenStore | undefined;
  tracing: Tracing | undefined;
  /** A statement of Postgres failed. @param table whose old rows could not be deleted. */
  onFailure(error: unknown, table?: string): void;
}

/** The parts by which every call of WeChat goes: connection, limits, tokens. */
export class CallParts {
  readonly wechat: WechatConnection;
  readonly platform: PlatformLimits;
  /** What attempts and reconciliation reads work with. */
  readonly tools: ReturnType<CallParts['buildTools']>;
  readonly #component: ComponentTokens | undefined;
  readonly #tokens: TokenSource;
  /** Exchanges the codes of new authorizations. */
  readonly #exchanger: CodeExchanger | undefined;
  readonly #renewals: TokenRenewals | undefined;
  readonly #sync: AuthorizerSync | undefined;

  constructor(private readonly base: Base) {
    this.wechat = this.#connectWechat();
    this.platform = this.#buildPlatformLimits();
    this.#component = this.#buildComponentTokens();
    this.#tokens = this.#component ?? this.#externalTokens();
    this.#renewals = this.#buildRenewals();
    this.#exchanger = this.#buildExchanger();
    this.#sync = this.#buildSync();
    this.tools = this.buildTools();
  }

  /** Resolves once the rates and stops of APIs are known; until then nothing may be called. */
  async start(): Promise<void> {
    await untilItWorks(this.base.logger, 'Postgres', () => this.platform.start());
    this.#exchanger?.start();
    this.#renewals?.start();
    this.#sync?.start();
  }

  /** Calls that wait for WeChat or for a reservation are not made. */
  releaseWaiters(): void {
    this.platform.releaseUnclaimed();
    this.wechat.breaker.releaseWaiters();
  }

  /** Starts no exchange of a code and no sync; resolves when the tokens are idle, after `calls` have ended. */
  async stop(calls: Promise<void>): Promise<void> {
    const renewing = [this.#exchanger?.stop(), this.#renewals?.stop(), this.#sync?.stop()];
    await Promise.all([calls, this.platform.stop(), ...renewing]);
    await this.#component?.stop();
  }

  #connectWechat(): WechatConnection {
    const { config, store, report } = this.base;
    return new WechatConnection({
      client: {
        baseUrl: config.WECHAT_API_URL,
        proxyUrl: config.WECHAT_PROXY_URL,
        timeoutMs: config.WECHAT_TIMEOUT_MS,
        connections: config.WORKER_CONCURRENCY + SPARE_CONNECTIONS,
      },
      store,
      onResult: countExchange,
      onRetry: (granted) => retriesTotal.inc({ result: granted ? 'granted' : 'throttled' }),
      onChange: (since, probes) => report.breaker(since, probes),
    });
  }

  #buildPlatformLimits(): PlatformLimits {
    const { config, store, report } = this.base;
    return new PlatformLimits(store, {
      perApi: config.WECHAT_RATE_PER_API,
      onFailure: (error) => report.limitsFailed(error),
      onLimits: (limits) => report.limits(limits),
    });
  }

  #buildComponentTokens(): ComponentTokens | undefined {
    const { config, store, tokenStore, report, onFailure } = this.base;
    return (
      tokenStore &&
      new ComponentTokens({
        store,
        tokens: tokenStore,
        client: this.wechat.client,
        componentAppid: config.WECHAT_COMPONENT_APPID ?? '',
        componentAppsecret: config.WECHAT_COMPONENT_APPSECRET ?? '',
        timeoutMs: config.WECHAT_TIMEOUT_MS,
        isUnavailable: () => this.wechat.breaker.isOpen,
        onRequested: (kind, appid, result) => report.tokenRequested(kind, appid, result),
        onRejectedEarly: (kind, appid) => report.tokenRejectedEarly(kind, appid),
        onStoreFailure: onFailure,
      })
    );
  }

  #buildExchanger(): CodeExchanger | undefined {
    const { store, tokenStore: codes, onFailure } = this.base;
    const tokens = this.#component;
    const renewals = this.#renewals;
    return tokens && codes && renewals && new CodeExchanger({ store, codes, tokens, renewals, onFailure });
  }

  #buildRenewals(): TokenRenewals | undefined {
    const { tokenStore: renewals, onFailure } = this.base;
    const tokens = this.#component;
    const isUnavailable = () => this.wechat.breaker.isOpen;
    return tokens && renewals && new TokenRenewals({ renewals, tokens, isUnavailable, onFailure });
  }

  /** Fixed tokens are those of a simulator, which has no list. */
  #buildSync(): AuthorizerSync | undefined {
    const { config, logger, store, directory, onFailure } = this.base;
    if (config.WECHAT_TOKEN_SOURCE === 'static') return undefined;
    return new AuthorizerSync({
      ...{ leases: store.leases, store: directory, limits: this.platform },
      ...{ client: this.wechat.client, breaker: this.wechat.breaker, onFailure },
      platform: { get: (rejected) => this.#platformToken(rejected) },
      componentAppid: config.WECHAT_COMPONENT_APPID ?? '',
      timeoutMs: config.WECHAT_TIMEOUT_MS,
      everyMs: config.AUTHORIZER_SYNC_INTERVAL_MS,
      recheck: async (appid) => (await this.#tokens.recheckNow?.(appid)) ?? false,
      onNotRead: (appid, error) => logger.warn({ appid, error }, 'authorizer not read'),
      onLease: leaseLog(logger, SYNC_LEASE),
    });
  }

  /** The platform's own token, whatever the source. */
  async #platformToken(rejected?: string): Promise<TokenAnswer> {
    const { WECHAT_COMPONENT_APPID: appid } = this.base.config;
    if (appid === undefined) return { kind: 'not-authorized', why: 'WECHAT_COMPONENT_APPID is not set' };
    return rejected === undefined ? this.#tokens.get(appid) : this.#tokens.refresh(appid, rejected);
  }

  /** The inventory reads accounts with the platform's token. */
  #fleet(): FleetReads {
    const { config, store, directory } = this.base;
    const { WECHAT_COMPONENT_APPID: componentAppid = '' } = config;
    const { partsToRead, keepReads } = store.fleet;
    return {
      partsToRead,
      async keepReads(made) {
        for (const read of made.reads)
          if (read.part === 'ACCOUNT' && 'answer' in read)
            await directory.keepName(made.appid, read.answer.nickName);
        return keepReads(made);
      },
      platform: async () => {
        const answer = await this.#platformToken();
        return answer.kind === 'token' ? { componentAppid, token: answer.token } : undefined;
      },
      onRead: countRead,
    };
  }

  private buildTools() {
    const { config, store, connection, tracing, logger } = this.base;
    const { client, breaker } = this.wechat;
    this.wechat.useTokens(this.#tokens);
    return {
      ...{ store, client, tokens: this.#tokens, breaker, logger, fleet: this.#fleet() },
      limits: new RateLimits({ perAppid: config.WECHAT_RATE_PER_APPID }, this.platform),
      permits: new Permits(config.WORKER_CONCURRENCY),
      timeoutMs: config.WECHAT_TIMEOUT_MS,
      deadlineMs: config.OPERATION_DEADLINE_MS,
      dailyQuota: config.WECHAT_DAILY_QUOTA_POLICY,
      spans:
        tracing &&
        new Spans({
          tracing,
          group: connection.group(GROUP),
          topic: connection.topic,
          wechat: new URL(config.WECHAT_API_URL).host,
        }),
    };
  }

  #externalTokens(): TokenSource {
    const { config, logger } = this.base;
    const { WECHAT_TOKEN_URL: url, WECHAT_TOKEN_URL_KEY: key, WECHAT_TOKEN_URL_CA_FILE: ca } = config;
    if (url === undefined || config.WECHAT_TOKEN_SOURCE !== 'endpoint')
      return new StaticTokens(config.WECHAT_STATIC_TOKENS ?? {});
    const onAnswer = (appid: string, why: string | null) => this.#followTokenService(appid, why);
    const tls = ca === undefined ? undefined : watchTlsFiles({ ca }, logTlsError(logger, 'WECHAT_TOKEN_URL'));
    return new EndpointTokens(url, onAnswer, { key, tls });
  }

  /** The directory says which mini-programs have tokens. A failure changes nothing for the call that needs the token. */
  async #followTokenService(appid: string, why: string | null): Promise<void> {
    const { directory, onFailure } = this.base;
    try {
      const grant = await directory.readGrant(appid);
      if (grant?.state === (why === null ? 'NEEDS_AUTHORIZATION' : 'AUTHORIZED'))
        await directory.followTokenService(appid, why);
    } catch (error) {
      onFailure(error);
    }
  }
}
