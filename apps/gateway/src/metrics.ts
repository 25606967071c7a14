import { Counter, Gauge, Histogram } from '@prometheus-io/client';

export const accepted = new Counter({
  name: 'wxa_gateway_accepted_total',
  help: 'Operations made durable, by method.',
  labelNames: ['method'],
});

export const rejected = new Counter({
  name: 'wxa_gateway_rejected_total',
  help: 'Calls refused, by method and reason.',
  labelNames: ['method', 'reason'],
});

export const acceptSeconds = new Histogram({
  name: 'wxa_gateway_accept_seconds',
  help: 'From a valid request to its operation being durable.',
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
});

export const waiting = new Gauge({
  name: 'wxa_gateway_waiting',
  help: 'Calls that wait for the outcome of an operation.',
});

export const uploadBytes = new Gauge({
  name: 'wxa_gateway_upload_bytes',
  help: 'Memory that files coming in take.',
});

export const watchers = new Gauge({
  name: 'wxa_gateway_watchers',
  help: 'WatchOperations streams that are open.',
});

export const callbacks = new Counter({
  name: 'wxa_gateway_callbacks_total',
  help: 'Pushes of WeChat, by what became of them.',
  labelNames: ['outcome'],
});

export const outboxRefused = new Gauge({
  name: 'wxa_gateway_outbox_refused',
  help: "The gateway's events that Kafka refuses for ever, in the table outbox_refused.",
});

export const outboxDepth = new Gauge({
  name: 'wxa_gateway_outbox_depth',
  help: "The gateway's events that wait for Kafka.",
});
