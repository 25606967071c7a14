import type { Directory } from '@wxa/authorizers';
import type { LastFetch, StuckConsumer } from '@wxa/kafka';
import type { ApiLimit, ApiStop } from '@wxa/limits';
import { isUnavailable, storeFailureOf } from '@wxa/postgres';
import {
  every,
  type Liveness,
  type Logger,
  LogLimit,
  queryFailure,
  type Readiness,
  reportInsecure,
  reportOutbox,
  reportPostgres,
} from '@wxa/service';
import type { Store } from '@wxa/store';
import type { WxaResult } from '@wxa/wxa-client';
import { UnreadRecordError } from './dead-letters.js';
import { probesTotal, setBreakerMetric, setLimitMetrics, tokensRejectedEarly } from './metrics.js';

const COUNT_MS = 5_000;
const FETCH_MS = 250;
/** A worker is not ready if its last fetch is older. */
const MAX_FETCH_AGE_MS = 30_000;
const STUCK = 'the consumer is stuck although Kafka is available';
const MAX_FAILED_READS = 3;
const REPLICATION_MS = 60_000;

/** Reports the worker's state in `/readyz`, its metrics and its log. */
export class WorkerReport {
  /** End what runs at an interval. */
  readonly #ends: (() => void)[] = [];
  #partitions: number[] | undefined;
  /** The details of WeChat in `/readyz`: its unavailability, and the stopped APIs. */
  #outage: string[] = [];
  #stops: string[] = [];
  #failedLimits = 0;
  /** By statement or table. */
  readonly #queryFailures = new Map<string, LogLimit>();
  #stoppedApis = new Set<string>();
  #openSince: Date | undefined;

  constructor(
    private readonly logger: Logger,
    private readonly state: { readiness: Readiness; liveness: Liveness },
  ) {}

  /** Resolves after the first check. */
  async watchStore(store: Store): Promise<void> {
    const { logger } = this;
    const { readiness } = this.state;
    reportPostgres(store, readiness, logger);
    this.#ends.push(() => store.probe.stop(), reportOutbox(store.outbox, readiness));
    const checkReplication = async () => {
      const isAsync = await store.hasAsyncStandby();
      reportInsecure('postgres_async_standby', isAsync, logger);
    };
    this.#every(REPLICATION_MS, checkReplication);
    await store.probe.start();
  }

  /** Other mini-programs are served, so the process is ready whatever the count. */
  countAuthorizers(directory: Directory): void {
    const count = async () => {
      const { NEEDS_AUTHORIZATION: n } = await directory.countAuthorizers();
      const detail = n > 0 ? `${n} need authorization: see ListAuthorizers` : undefined;
      this.state.readiness.set('authorizers', true, detail);
    };
    this.#every(COUNT_MS, count);
  }

  /** The partitions that are read from now on. */
  assigned(partitions: number[]): void {
    this.#partitions = partitions;
    this.logger.info({ topic: 'commands', partitions }, 'partitions assigned');
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

  /** The limits could not be read, or not be changed. After three times the last ones are out of date. */
  limitsFailed(error: unknown): void {
    this.#failedLimits += 1;
    if (this.#failedLimits === MAX_FAILED_READS) setLimitMetrics([]);
    this.storeFailed(error);
  }

  limits(limits: ApiLimit[]): void {
    this.#failedLimits = 0;
    setLimitMetrics(limits);
    this.#logStops(limits);
    this.#stops = limits.flatMap(({ api, stop }) =>
      stop === null ? [] : [`${api} stopped until ${stop.until.toISOString()} (${causeOf(stop)})`],
    );
    this.#reportWechat();
  }

  breaker(since: Date | undefined, probes: number): void {
    const isChange = since === undefined ? this.#outage.length > 0 : probes === 0;
    if (isChange) this.#logBreaker(since, probes);
    if (probes > 0) probesTotal.inc({});
    setBreakerMetric(since !== undefined);
    this.#outage = since ? [`unavailable since ${since.toISOString()}, ${probes} probes`] : [];
    this.#reportWechat();
  }

  #logStops(limits: ApiLimit[]): void {
    const before = this.#stoppedApis;
    this.#stoppedApis = new Set(limits.flatMap(({ api, stop }) => (stop === null ? [] : [api])));
    for (const { api, stop } of limits) {
      if (stop === null || before.has(api)) continue;
      const { source, until } = stop;
      this.logger.warn({ api, source, until, reason: causeOf(stop) }, 'api stopped');
    }
    for (const api of before) if (!this.#stoppedApis.has(api)) this.logger.warn({ api }, 'api resumed');
  }

  /** WeChat answered a request for a token, or did not. */
  tokenRequested(kind: string, appid: string, result: WxaResult<unknown>): void {
    if (result.kind === 'ok') {
      this.logger.info({ kind, appid }, 'token refreshed');
      return;
    }
    const { errcode, rid, errmsg: error } = result.error;
    this.logger.warn({ kind, appid, errcode, rid, error }, 'token refresh failed');
  }

  /** WeChat rejected a stored token before its end: another program may have renewed it. */
  tokenRejectedEarly(kind: 'component' | 'authorizer', appid: string): void {
    tokensRejectedEarly.inc({ kind });
    this.logger.warn({ kind, appid }, 'token rejected early');
  }

  #logBreaker(since: Date | undefined, probes: number): void {
    if (since === undefined) this.logger.warn({ since: this.#openSince, probes }, 'circuit breaker closed');
    else this.logger.warn({ since, probes }, 'circuit breaker open');
    this.#openSince = since;
  }

  /** @param table whose old rows could not be deleted. */
  storeFailed(error: unknown, table?: string): void {
    // An outage is logged once, by reportPostgres.
    if (isUnavailable(error) && storeFailureOf(error) !== 'timeout') return;
    const failure = queryFailure(error);
    const limited = this.#limitOf(table ?? failure.statement ?? '').take();
    if (limited === undefined) return;
    const fields = { ...(table && { table }), ...failure, ...limited };
    if (error instanceof UnreadRecordError) this.logger.warn(fields, 'dead letter not read');
    else this.logger.warn(fields, 'postgres query failed');
  }

  #limitOf(name: string): LogLimit {
    const limit = this.#queryFailures.get(name) ?? new LogLimit();
    this.#queryFailures.set(name, limit);
    return limit;
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
