import { Counter, Gauge, Histogram } from '@prometheus-io/client';
import type { ApiLimit, AuthorizerState } from '@wxa/store';

export const wechatCallSeconds = new Histogram({
  name: 'wxa_wechat_request_duration_seconds',
  help: 'Time of one WeChat call, in seconds, by API and result.',
  labelNames: ['api', 'result'],
  buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
});

export const settledTotal = new Counter({
  name: 'wxa_operations_settled_total',
  help: 'Settled attempts, by the resulting state; fenced settlements are not counted.',
  labelNames: ['state'],
});

export const fencedTotal = new Counter({
  name: 'wxa_settlements_fenced_total',
  help: 'Results rejected because another claim or a manual resolution holds the operation.',
});

export const reconciliationsTotal = new Counter({
  name: 'wxa_reconciliations_total',
  help: 'Reconciliation reads for operations in doubt, by method and result.',
  labelNames: ['method', 'result'],
});

/** The result of a reconciliation read, as its metric names it. */
export const RECONCILIATION_RESULTS = {
  executed: 'done',
  'not-executed': 'not_done',
  'retry-proves': 'unclear',
  inconclusive: 'unclear',
  'no-answer': 'unanswered',
} as const;

export const deadLettersTotal = new Counter({
  name: 'wxa_dead_letters_total',
  help: 'Records published to the dead-letter topic, by reason.',
  labelNames: ['reason'],
});

export const storeFailuresTotal = new Counter({
  name: 'wxa_postgres_errors_total',
  help: 'Postgres statements that failed.',
});

export const retriesTotal = new Counter({
  name: 'wxa_retries_total',
  help: 'Requests to the retry budget, by result: granted or throttled.',
  labelNames: ['result'],
});

export const probesTotal = new Counter({
  name: 'wxa_circuit_breaker_probes_total',
  help: 'Half-open probes of the circuit breaker.',
});

export const retentionDeletedTotal = new Counter({
  name: 'wxa_retention_deleted_total',
  help: 'Rows that retention deleted, by table.',
  labelNames: ['table'],
});

const retentionLastSuccess = new Gauge({
  name: 'wxa_retention_last_success_timestamp_seconds',
  help: 'Deployment-wide: since when no table has had rows left that are older than their retention; 0 in workers without the lease.',
});

/** @param since undefined: another worker deletes. */
export function setRetentionMetric(since: Date | undefined): void {
  retentionLastSuccess.set(since === undefined ? 0 : since.getTime() / 1000);
}

const breakerOpen = new Gauge({
  name: 'wxa_circuit_breaker_open',
  help: '1 while WeChat is unreachable and only probes are sent.',
});

export function setBreakerMetric(isOpen: boolean): void {
  breakerOpen.set(isOpen ? 1 : 0);
}

const historyBehind = new Gauge({
  name: 'wxa_history_behind',
  help: '1 while Postgres lacks what was published (a restore, or the promotion of a late standby): no change is run.',
});

export function setHistoryMetric(isBehind: boolean): void {
  historyBehind.set(isBehind ? 1 : 0);
}

const rateLimit = new Gauge({
  name: 'wxa_rate_limit_per_second',
  help: 'Deployment-wide: the current limit of an API, in calls per second; absent if it has none.',
  labelNames: ['api'],
});

const quotaExhausted = new Gauge({
  name: 'wxa_quota_exhausted',
  help: "Deployment-wide: 1 while WeChat's quota for an API is exhausted and its operations wait.",
  labelNames: ['api'],
});

const apiPaused = new Gauge({
  name: 'wxa_api_paused',
  help: 'Deployment-wide: 1 while an operator has stopped an API and its operations wait.',
  labelNames: ['api'],
});

/** Replaces the limits and stops of all APIs. */
export function setLimitMetrics(limits: ApiLimit[]): void {
  rateLimit.reset();
  quotaExhausted.reset();
  apiPaused.reset();
  for (const { api, rate, stop } of limits) {
    if (rate !== null) rateLimit.set({ api }, rate);
    if (stop?.quota) quotaExhausted.set({ api }, 1);
    if (stop?.operator) apiPaused.set({ api }, 1);
  }
}

const authorizers = new Gauge({
  name: 'wxa_authorizers',
  help: 'Deployment-wide: mini-programs by authorization state.',
  labelNames: ['state'],
});

export function setAuthorizerMetrics(counts: Record<AuthorizerState, number>): void {
  for (const [state, count] of Object.entries(counts)) authorizers.set({ state }, count);
}

/** Registers gauges that are read at each scrape. */
export function registerGauges(read: { laneOperations(): number; inFlightRecords(): number }): void {
  new Gauge({
    name: 'wxa_lane_operations',
    help: 'Operations in the lanes of this worker.',
    collect() {
      this.set(read.laneOperations());
    },
  });
  new Gauge({
    name: 'wxa_kafka_inflight_records',
    help: 'Kafka records whose offset may not be committed yet, by topic.',
    labelNames: ['topic'],
    collect() {
      this.set({ topic: 'commands' }, read.inFlightRecords());
    },
  });
}
