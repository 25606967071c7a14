import type { ConsumerLag, RecordConsumer } from '@wxa/kafka';
import type { ApiLimit } from '@wxa/limits';
import { APIS } from '@wxa/methods';
import type { ClaimedOperation } from '@wxa/operations';
import { counter, gauge, histogram, METRICS } from '@wxa/service';
import { API, knownErrcodes, type WxaResult } from '@wxa/wxa-client';

/** 61004, for which there is an alert. */
const IP_NOT_ALLOWED = '61004';
const COMMANDS = { topic: 'commands' };
const KNOWN_ERRCODES = new Set(knownErrcodes);
/** The result of an exchange, as its metric names it. */
const EXCHANGE_RESULTS = {
  ok: 'ok',
  error: 'refused',
  busy: 'busy',
  rate: 'rate_limited',
  token: 'token_rejected',
  connect: 'unreachable',
  ambiguous: 'ambiguous',
} as const;

const KNOWN_APIS: ReadonlySet<string> = new Set(Object.values(API));

/** The label of an API: the paths of listed calls are in the policy, so they have one together. */
function labelOf(api: string): string {
  return KNOWN_APIS.has(api) ? api : 'other';
}

const exchangeSeconds = histogram('wxa_wechat_request_duration_seconds');
const refusalsTotal = counter(
  'wxa_wechat_refusals_total',
  APIS.map((api) => ({ api, errcode: IP_NOT_ALLOWED })),
);

/** Counts an exchange with WeChat, reads, probes and tokens included. */
export function countExchange(result: WxaResult<unknown>, path: string, seconds: number): void {
  const api = labelOf(path);
  exchangeSeconds.observe({ api, result: EXCHANGE_RESULTS[causeOf(result)] }, seconds);
  const kind = TOKEN_KINDS[api];
  if (kind !== undefined) countToken(kind, result);
  const errcode = result.kind === 'ok' ? 0 : result.error.errcode;
  if (errcode !== 0)
    refusalsTotal.inc({ api, errcode: KNOWN_ERRCODES.has(errcode) ? String(errcode) : 'other' });
}

/** The requests for tokens, as their metric names them. */
const TOKEN_KINDS: Record<string, string> = {
  'cgi-bin/component/api_component_token': 'component',
  'cgi-bin/component/api_authorizer_token': 'authorizer',
  'cgi-bin/component/api_query_auth': 'code',
};
const tokenRefreshesTotal = counter('wxa_token_refreshes_total');
export const tokensRejectedEarly = counter('wxa_tokens_rejected_early_total', [
  { kind: 'component' },
  { kind: 'authorizer' },
]);

function countToken(kind: string, result: WxaResult<unknown>): void {
  const unanswered = result.kind === 'ambiguous' || causeOf(result) === 'connect';
  const refused = unanswered ? 'unanswered' : 'refused';
  tokenRefreshesTotal.inc({ kind, result: result.kind === 'ok' ? 'ok' : refused });
}

const startDelay = histogram('wxa_operation_start_delay_seconds');

/** After a claim. */
export function observeStart({ fence, method, createdAt, startedAt }: ClaimedOperation): void {
  if (fence !== 1 || startedAt === null) return;
  startDelay.observe({ method }, Math.max(0, startedAt.getTime() - createdAt.getTime()) / 1000);
}

/** Why a call may be retried, else the kind of its result. */
function causeOf(result: WxaResult<unknown>): keyof typeof EXCHANGE_RESULTS {
  return result.kind === 'retryable' ? result.cause : result.kind;
}

export const fencedTotal = counter('wxa_settlements_fenced_total', [{}]);
export const reconciliationsTotal = counter('wxa_reconciliations_total');

/** The result of a reconciliation read, as its metric names it. */
export const RECONCILIATION_RESULTS = {
  executed: 'done',
  'not-executed': 'not_done',
  'retry-proves': 'unclear',
  inconclusive: 'unclear',
  'no-answer': 'unanswered',
} as const;

export const deadLettersTotal = counter(
  'wxa_dead_letters_total',
  METRICS.wxa_dead_letters_total.labels.reason.map((reason) => ({ reason })),
);
export const retriesTotal = counter('wxa_retries_total');
export const probesTotal = counter('wxa_circuit_breaker_probes_total', [{}]);
export const retentionDeletedTotal = counter('wxa_retention_deleted_total');

const retentionLastSuccess = gauge('wxa_retention_last_success_timestamp_seconds');

/** @param since undefined: another worker deletes. */
export function setRetentionMetric(since: Date | undefined): void {
  if (since === undefined) retentionLastSuccess.clear();
  else retentionLastSuccess.set({}, since.getTime() / 1000);
}

const breakerOpen = gauge('wxa_circuit_breaker_open', 0);

export function setBreakerMetric(isOpen: boolean): void {
  breakerOpen.set({}, isOpen ? 1 : 0);
}

const historyBehind = gauge('wxa_history_behind');

export function setHistoryMetric(isBehind: boolean): void {
  historyBehind.set({}, isBehind ? 1 : 0);
}

const rateLimit = gauge('wxa_rate_limit_per_second');
const quotaExhausted = gauge('wxa_quota_exhausted');
const apiPaused = gauge('wxa_api_paused');

/** Replaces the limits and stops of all APIs. */
export function setLimitMetrics(limits: ApiLimit[]): void {
  for (const each of [rateLimit, quotaExhausted, apiPaused]) each.clear();
  for (const { api: path, rate, stop } of limits) {
    const api = labelOf(path);
    if (rate !== null && api !== 'other') rateLimit.set({ api }, rate);
    if (stop?.quota) quotaExhausted.set({ api }, 1);
    if (stop?.operator) apiPaused.set({ api }, 1);
  }
}

const rebalancesTotal = counter('wxa_kafka_rebalances_total', [COMMANDS]);

/** Partitions were assigned to this worker. */
export function countRebalance(): void {
  rebalancesTotal.inc(COMMANDS);
}

/** What a worker has in memory, read at each scrape. */
export interface WorkerState {
  lanes(): { lanes: number; operations: number; longest: number };
  callsInFlight(): number;
  /** By limit and API: lanes that have waited more than 1 s for a rate limit. */
  rateLimitWaiting(): Record<'platform' | 'mini_program', ReadonlyMap<string, number>>;
}

function byLabel(byApi: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const [path, n] of byApi) sums.set(labelOf(path), (sums.get(labelOf(path)) ?? 0) + n);
  return sums;
}

export function registerGauges(state: WorkerState, permits: number): void {
  gauge('wxa_worker_permits', permits);
  gauge('wxa_worker_calls_in_flight').collect(() => [[{}, state.callsInFlight()]]);
  gauge('wxa_lanes').collect(() => [[{}, state.lanes().lanes]]);
  gauge('wxa_lane_operations').collect(() => [[{}, state.lanes().operations]]);
  gauge('wxa_lane_max_length').collect(() => [[{}, state.lanes().longest]]);
  gauge('wxa_rate_limit_waiting').collect(() =>
    Object.entries(state.rateLimitWaiting()).flatMap(([limit, byApi]) =>
      [...byLabel(byApi)].map(([api, waiting]) => [{ api, limit }, waiting] as const),
    ),
  );
}

/** The consumer of commands, read at each scrape. */
export function registerConsumerGauges(
  consumer: Pick<RecordConsumer, 'inFlight' | 'paused' | 'assigned' | 'lastFetch' | 'committedAt'>,
  lag: Pick<ConsumerLag, 'last'>,
): void {
  const read = (name: ConsumerGauge, value: () => number | undefined) =>
    gauge(name).collect(() => {
      const known = value();
      return known === undefined ? [] : [[COMMANDS, known]];
    });
  read('wxa_kafka_inflight_records', () => consumer.inFlight);
  read('wxa_kafka_paused_partitions', () => consumer.paused);
  read('wxa_kafka_assigned_partitions', () => consumer.assigned.length);
  read('wxa_kafka_consumer_lag_records', () => lag.last?.records);
  read('wxa_kafka_topic_partitions', () => lag.last?.partitions);
  read('wxa_kafka_last_commit_timestamp_seconds', () => consumer.committedAt && consumer.committedAt / 1000);
  read('wxa_kafka_last_fetch_timestamp_seconds', () => consumer.lastFetch.time);
}

type ConsumerGauge =
  | 'wxa_kafka_inflight_records'
  | 'wxa_kafka_paused_partitions'
  | 'wxa_kafka_assigned_partitions'
  | 'wxa_kafka_consumer_lag_records'
  | 'wxa_kafka_topic_partitions'
  | 'wxa_kafka_last_commit_timestamp_seconds'
  | 'wxa_kafka_last_fetch_timestamp_seconds';
