import type { Logger, Readiness } from '@wxa/service';
import type { ApiLimit, Store, TokenStore } from '@wxa/store';
import type { WxaResult } from '@wxa/wxa-client';
import {
  probesTotal,
  setAuthorizerMetrics,
  setBreakerMetric,
  setLimitMetrics,
  storeFailuresTotal,
  wechatCallSeconds,
} from './metrics.js';

const PING_MS = 1_000;
const COUNT_MS = 5_000;

/** Reports the worker's state in `/readyz`, its metrics and its log. */
export class WorkerReport {
  #ping: NodeJS.Timeout | undefined;
  #count: NodeJS.Timeout | undefined;
  /** The details of WeChat in `/readyz`: its unavailability, and the stopped APIs. */
  #outage: string[] = [];
  #stops: string[] = [];

  constructor(
    private readonly logger: Logger,
    private readonly readiness: Readiness,
  ) {}

  /** Resolves after the first check. */
  async watchStore(store: Store): Promise<void> {
    this.#ping = setInterval(() => void this.#checkStore(store), PING_MS);
    await this.#checkStore(store);
  }

  /** Other mini-programs are served, so the process is ready whatever the count. */
  countAuthorizers(tokens: TokenStore): void {
    const count = async () => {
      const counts = await tokens.countAuthorizers();
      setAuthorizerMetrics(counts);
      const { NEEDS_AUTHORIZATION: n } = counts;
      const detail = n > 0 ? `${n} need authorization: see ListAuthorizers` : undefined;
      this.readiness.set('authorizers', true, detail);
    };
    const run = () => void count().catch((error: unknown) => this.storeFailed(error));
    this.#count = setInterval(run, COUNT_MS);
    run();
  }

  limits(limits: ApiLimit[]): void {
    setLimitMetrics(limits);
    this.#stops = limits.flatMap(({ api, stop }) =>
      stop === null ? [] : [`${api} stopped until ${stop.until.toISOString()} (${stop.errcode})`],
    );
    this.#reportWechat();
  }

  breaker(since: Date | undefined, probes: number): void {
    const isChange = since === undefined ? this.#outage.length > 0 : probes === 0;
    if (isChange) this.logger.warn({ probes }, `circuit breaker ${since ? 'open' : 'closed'}`);
    if (probes > 0) probesTotal.inc();
    setBreakerMetric(since !== undefined);
    this.#outage = since ? [`unavailable since ${since.toISOString()}, ${probes} probes`] : [];
    this.#reportWechat();
  }

  /** A call was sent for an operation. */
  called(api: string, result: WxaResult<unknown>, seconds: number): void {
    wechatCallSeconds.observe({ api, result: result.kind }, seconds);
    const { errcode = 0, rid = '' } = result.kind === 'ok' ? {} : result.error;
    const fields = { api, result: result.kind, errcode, rid, duration_ms: Math.round(seconds * 1000) };
    this.logger.debug(fields, 'wechat call');
  }

  storeFailed(error: unknown): void {
    storeFailuresTotal.inc();
    this.logger.warn({ error: String(error) }, 'Postgres query failed');
  }

  stop(): void {
    clearInterval(this.#ping);
    clearInterval(this.#count);
  }

  async #checkStore(store: Store): Promise<void> {
    await store.outbox.quarantined().then(
      (n) => {
        this.readiness.set('postgres', true);
        this.readiness.set('outbox', true, n > 0 ? `${n} events permanently rejected by Kafka` : undefined);
      },
      (error: unknown) => this.readiness.set('postgres', false, String(error)),
    );
  }

  /** Always ready: other APIs work, and another process would not reach WeChat either. */
  #reportWechat(): void {
    this.readiness.set('wechat', true, [...this.#outage, ...this.#stops].join('; ') || undefined);
  }
}
