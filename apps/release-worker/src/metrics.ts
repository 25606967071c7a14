import { ROOMS } from '@wxa/methods';
import { counter, gauge, histogram } from '@wxa/service';
import type { ApiLimit, AuthorizerState } from '@wxa/store';
import { knownErrcodes, type WxaResult } from '@wxa/wxa-client';

/** 61004, for which there is an alert. */
const IP_NOT_ALLOWED = '61004';
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

const exchangeSeconds = histogram('wxa_wechat_request_duration_seconds');
const refusalsTotal = counter(
  'wxa_wechat_refusals_total',
  Object.values(ROOMS).map(({ api }) => ({ api, errcode: IP_NOT_ALLOWED })),
);

/** Counts an exchange with WeChat, reads, probes and tokens included. */
export function countExchange(result: WxaResult<unknown>, api: string, seconds: number): void {
  exchangeSeconds.observe({ api, result: EXCHANGE_RESULTS[causeOf(result)] }, seconds);
  const errcode = result.kind === 'ok' ? 0 : result.error.errcode;
  if (errcode !== 0)
    refusalsTotal.inc({ api, errcode: KNOWN_ERRCODES.has(errcode) ? String(errcode) : 'other' });
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
  [
    ...['NOT_A_COMMAND', 'INVALID_OPERATION_ID', 'KEY_IS_NOT_APPID', 'UNKNOWN_METHOD'],
    ...['REQUEST_OF_ANOTHER_METHOD', 'UNKNOWN_OPERATION'],
  ].map((reason) => ({ reason })),
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
  for (const { api, rate, stop } of limits) {
    if (rate !== null) rateLimit.set({ api }, rate);
    if (stop?.quota) quotaExhausted.set({ api }, 1);
    if (stop?.operator) apiPaused.set({ api }, 1);
  }
}

const authorizers = gauge('wxa_authorizers');

export function setAuthorizerMetrics(counts: Record<AuthorizerState, number>): void {
  for (const [state, count] of Object.entries(counts)) authorizers.set({ state }, count);
}

/** What a worker has in memory, read at each scrape. */
export interface WorkerState {
  lanes(): { lanes: number; operations: number; longest: number };
  callsInFlight(): number;
  inFlightRecords(): number;
}

export function registerGauges(state: WorkerState, slots: number): void {
  gauge('wxa_worker_call_slots', slots);
  gauge('wxa_worker_calls_in_flight').collect(() => [[{}, state.callsInFlight()]]);
  gauge('wxa_lanes').collect(() => [[{}, state.lanes().lanes]]);
  gauge('wxa_lane_operations').collect(() => [[{}, state.lanes().operations]]);
  gauge('wxa_lane_max_length').collect(() => [[{}, state.lanes().longest]]);
  gauge('wxa_kafka_inflight_records').collect(() => [[{ topic: 'commands' }, state.inFlightRecords()]]);
}
