import { Counter, Gauge, Histogram } from '@prometheus-io/client';
import type { ApiLimit, AuthorizerState } from '@wxa/store';

/** What the worker tells Prometheus. */
export const wechatCallSeconds = new Histogram({
  name: 'wxa_wechat_call_seconds',
  help: 'Time of one WeChat call, by API and by what became of it.',
  labelNames: ['api', 'outcome'],
  buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
});

export const settledTotal = new Counter({
  name: 'wxa_operations_settled_total',
  help: 'Tries that were settled, by the state they led to; those that were fenced out are not counted.',
  labelNames: ['state'],
});

export const fencedTotal = new Counter({
  name: 'wxa_settlements_fenced_total',
  help: 'Settlements that were fenced out, because the operation was claimed or settled by another in the meantime.',
});

export const reconciliationsTotal = new Counter({
  name: 'wxa_doubt_questions_total',
  help: 'Questions to WeChat about operations in doubt, by method and answer.',
  labelNames: ['method', 'answer'],
});

export const deadLettersTotal = new Counter({
  name: 'wxa_dead_letters_total',
  help: 'Records put on the dead-letter topic, by reason.',
  labelNames: ['reason'],
});

export const storeFailuresTotal = new Counter({
  name: 'wxa_store_failures_total',
  help: 'Statements that Postgres did not take.',
});

export const retriesTotal = new Counter({
  name: 'wxa_retries_total',
  help: 'Retries that asked for a share of the calls: granted, or held back for a moment.',
  labelNames: ['outcome'],
});

export const probesTotal = new Counter({
  name: 'wxa_breaker_probes_total',
  help: 'Questions that asked whether WeChat can be reached again.',
});

const breakerOpen = new Gauge({
  name: 'wxa_breaker_open',
  help: '1 while WeChat can not be reached and no calls are made but probes.',
});

/** Tells whether WeChat can be reached. */
export function setBreakerMetric(isOpen: boolean): void {
  breakerOpen.set(isOpen ? 1 : 0);
}

const apiRate = new Gauge({
  name: 'wxa_api_rate',
  help: 'Calls a second to an API that the whole platform may make now, where there is a limit.',
  labelNames: ['api'],
});

const apiStopped = new Gauge({
  name: 'wxa_api_stopped',
  help: "1 while WeChat's quota for an API is used up and its operations wait.",
  labelNames: ['api', 'errcode'],
});

/** Tells how every API stands. */
export function setLimitMetrics(limits: ApiLimit[]): void {
  apiRate.reset();
  apiStopped.reset();
  for (const { api, rate, stop } of limits) {
    if (rate !== null) apiRate.set({ api }, rate);
    if (stop !== null) apiStopped.set({ api, errcode: stop.errcode }, 1);
  }
}

const authorizers = new Gauge({
  name: 'wxa_authorizers',
  help: 'Mini-programs that authorized the platform, or did, by state.',
  labelNames: ['state'],
});

/** Tells how many mini-programs are in each state. */
export function setAuthorizerMetrics(counts: Record<AuthorizerState, number>): void {
  for (const [state, count] of Object.entries(counts)) authorizers.set({ state }, count);
}

/** Gauges that are read when asked for. */
export function observeLanes(read: {
  inLanes(): number;
  openRecords(): number;
  outbox(): Promise<number>;
  refused(): Promise<number>;
}): void {
  new Gauge({
    name: 'wxa_operations_in_lanes',
    help: 'Operations in the lanes of this worker.',
    collect() {
      this.set(read.inLanes());
    },
  });
  new Gauge({
    name: 'wxa_records_open',
    help: 'Kafka records whose offset may not be committed yet.',
    collect() {
      this.set(read.openRecords());
    },
  });
  new Gauge({
    name: 'wxa_outbox_events',
    help: 'Events of the release-worker that wait for Kafka.',
    async collect() {
      this.set(await read.outbox().catch(() => Number.NaN));
    },
  });
  new Gauge({
    name: 'wxa_outbox_refused_events',
    help: 'Events of the release-worker that Kafka refuses for ever, in the table outbox_refused.',
    async collect() {
      this.set(await read.refused().catch(() => Number.NaN));
    },
  });
}
