import type { LastFetch, StuckConsumer } from '@wxa/kafka';
import {
  every,
  type Liveness,
  type Logger,
  type Readiness,
  reportInsecure,
  reportOutbox,
  reportPostgres,
} from '@wxa/service';
import { type ApiLimit, type ApiStop, isUnavailable, type Store, type TokenStore } from '@wxa/store';
import type { WxaResult } from '@wxa/wxa-client';
import { probesTotal, setAuthorizerMetrics, setBreakerMetric, setLimitMetrics } from './metrics.js';

const COUNT_MS = 5_000;
const FETCH_MS = 250;
/** A worker is not ready if its last fetch is older. */
const MAX_FETCH_AGE_MS = 30_000;
const STUCK = 'the consumer is stuck although Kafka is available';
const REPLICATION_MS = 60_000;

/** Reports the worker's state in `/readyz`, its metrics and its log. */
export class WorkerReport {
  /** End what runs at an interval. */
  readonly #ends: (() => void)[] = [];
  #partitions: number[] | undefined;
  /** The details of WeChat in `/readyz`: its unavailability, and the stopped APIs. */
  #outage: string[] = [];
  #stops: string[] = [];

  constructor(
    private readonly logger: Logger,
    private readonly state: { readiness: Readiness; liveness: Liveness },
  ) {}

  /** Resolves after the first check. */
  async watchStore(store: Store): Promise<void> {
    const { logger } = this;
    const { readiness } = this.state;
    reportPostgres(store, readiness, logger);
    this.#ends.push(() => store.probe.stop(), reportOutbox(store.outbox, 'release-worker', readiness));
    const checkReplication = async () => {
      const isAsync = await store.hasAsyncStandby();
      reportInsecure('postgres_async_standby', isAsync, logger);
    };
    this.#every(REPLICATION_MS, checkReplication);
    await store.probe.start();
  }

  /** Other mini-programs are served, so the process is ready whatever the count. */
  countAuthorizers(tokens: TokenStore): void {
    const count = async () => {
      const counts = await tokens.countAuthorizers();
      setAuthorizerMetrics(counts);
      const { NEEDS_AUTHORIZATION: n } = counts;
      const detail = n > 0 ? `${n} need authorization: see ListAuthorizers` : undefined;
      this.state.readiness.set('authorizers', true, detail);
    };
    this.#every(COUNT_MS, count);
  }

  /** The partitions that are read from now on. */
  assigned(partitions: number[]): void {
    this.#partitions = partitions;
  }

  /** The worker is ready while it fetches, and alive unless it does not although Kafka is available. */
  watchConsumer(lastFetch: Pick<LastFetch, 'ageMs'>, consumer: Pick<StuckConsumer, 'isStuck'>): void {
    const { readiness, liveness } = this.state;
    this.#every(FETCH_MS, async () => {
      const isReading = lastFetch.ageMs < MAX_FETCH_AGE_MS && this.#partitions !== undefined;
      const { ageMs } = lastFetch;
      const late = Number.isFinite(ageMs) ? `no fetch for ${Math.round(ageMs / 1000)} s` : 'no fetch yet';
      const detail = isReading ? `partitions ${this.#partitions?.join(', ')}` : late;
      readiness.set('kafka', isReading, detail);
      liveness.fault = consumer.isStuck ? `${STUCK}: ${detail}` : undefined;
    });
  }

  limits(limits: ApiLimit[]): void {
    setLimitMetrics(limits);
    this.#stops = limits.flatMap(({ api, stop }) =>
      stop === null ? [] : [`${api} stopped until ${stop.until.toISOString()} (${causeOf(stop)})`],
    );
    this.#reportWechat();
  }

  breaker(since: Date | undefined, probes: number): void {
    const isChange = since === undefined ? this.#outage.length > 0 : probes === 0;
    if (isChange) this.logger.warn({ probes }, `circuit breaker ${since ? 'open' : 'closed'}`);
    if (probes > 0) probesTotal.inc({});
    setBreakerMetric(since !== undefined);
    this.#outage = since ? [`unavailable since ${since.toISOString()}, ${probes} probes`] : [];
    this.#reportWechat();
  }

  /** A call was sent for an operation. */
  called(api: string, result: WxaResult<unknown>, seconds: number): void {
    const { errcode = 0, rid = '' } = result.kind === 'ok' ? {} : result.error;
    const fields = { api, result: result.kind, errcode, rid, duration_ms: Math.round(seconds * 1000) };
    this.logger.debug(fields, 'wechat call');
  }

  storeFailed(error: unknown): void {
    // An outage is logged once, by reportPostgres.
    if (isUnavailable(error)) return;
    this.logger.warn({ error: String(error) }, 'Postgres query failed');
  }

  stop(): void {
    for (const end of this.#ends) end();
  }

  #every(ms: number, task: () => Promise<void>): void {
    this.#ends.push(every(ms, () => task().catch((error: unknown) => this.storeFailed(error))).end);
  }

  /** Always ready: other APIs work, and another process would not reach WeChat either. */
  #reportWechat(): void {
    this.state.readiness.set('wechat', true, [...this.#outage, ...this.#stops].join('; ') || undefined);
  }
}

/** What stopped an API until the end of its stop: WeChat's errcode, or an operator. */
function causeOf({ source, quota }: ApiStop): string {
  return source === 'wechat' ? String(quota?.errcode) : source;
}
