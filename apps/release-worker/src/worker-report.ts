import type { Logger, Readiness } from '@wxa/service';
import type { ApiLimit, Store, TokenStore } from '@wxa/store';
import {
  probesTotal,
  setAuthorizerMetrics,
  setBreakerMetric,
  setLimitMetrics,
  storeFailuresTotal,
} from './metrics.js';

const PING_MS = 1_000;
const COUNT_MS = 5_000;

/** What the worker says of itself in `/readyz`, its metrics and its log. */
export class WorkerReport {
  #ping: NodeJS.Timeout | undefined;
  #count: NodeJS.Timeout | undefined;
  /** What `/readyz` says of WeChat: whether it can be reached, and which APIs are stopped. */
  #away: string[] = [];
  #stops: string[] = [];

  constructor(
    private readonly logger: Logger,
    private readonly readiness: Readiness,
  ) {}

  /** Resolves after the first look. */
  async watchStore(store: Store): Promise<void> {
    this.#ping = setInterval(() => void this.#checkStore(store), PING_MS);
    await this.#checkStore(store);
  }

  /** Others work on, so the process is ready whatever the count. */
  countAuthorizers(tokens: TokenStore): void {
    const count = async () => {
      const counts = await tokens.countAuthorizers();
      setAuthorizerMetrics(counts);
      const { NEEDS_AUTHORIZATION: n } = counts;
      const detail = n > 0 ? `${n} need authorization: see ListAuthorizers` : undefined;
      this.readiness.set('authorizers', true, detail);
    };
    const tell = () => void count().catch((error: unknown) => this.storeFailed(error));
    this.#count = setInterval(tell, COUNT_MS);
    tell();
  }

  limits(limits: ApiLimit[]): void {
    setLimitMetrics(limits);
    this.#stops = limits.flatMap(({ api, stop }) =>
      stop === null ? [] : [`${api} stopped until ${stop.until.toISOString()} (${stop.errcode})`],
    );
    this.#tellWechat();
  }

  breaker(since: Date | undefined, probes: number): void {
    const isNews = since === undefined ? this.#away.length > 0 : probes === 0;
    if (isNews) this.logger.warn({ probes }, since ? 'WeChat can not be reached' : 'WeChat is back');
    if (probes > 0) probesTotal.inc();
    setBreakerMetric(since !== undefined);
    this.#away = since ? [`can not be reached since ${since.toISOString()}, ${probes} probes`] : [];
    this.#tellWechat();
  }

  storeFailed(error: unknown): void {
    storeFailuresTotal.inc();
    this.logger.warn({ error: String(error) }, 'Postgres did not take a statement');
  }

  stop(): void {
    clearInterval(this.#ping);
    clearInterval(this.#count);
  }

  async #checkStore(store: Store): Promise<void> {
    await store.quarantinedEvents().then(
      (refused) => {
        this.readiness.set('postgres', true);
        this.readiness.set('outbox', true, refused > 0 ? `${refused} events refused by Kafka` : undefined);
      },
      (error: unknown) => this.readiness.set('postgres', false, String(error)),
    );
  }

  /** The process is ready whatever it says: other APIs work, and another process would reach WeChat no better. */
  #tellWechat(): void {
    this.readiness.set('wechat', true, [...this.#away, ...this.#stops].join('; ') || undefined);
  }
}
