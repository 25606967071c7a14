import { counter, gauge, histogram } from './metrics.js';

const errorsTotal = counter('wxa_kafka_errors_total');
const publishedTotal = counter('wxa_outbox_published_total');
const publishSeconds = histogram('wxa_outbox_publish_duration_seconds');
const relayActive = gauge('wxa_outbox_relay_active');

/** The topics as their metrics name them. */
const TOPICS: Record<string, string> = {
  'wxa.code.commands.v1': 'commands',
  'wxa.code.outcomes.v1': 'outcomes',
  'wxa.code.audits.v1': 'audits',
  'wxa.code.rollouts.v1': 'rollouts',
  'wxa.code.fleet.v1': 'fleet',
  'wxa.code.commands.v1.dlq': 'dlq',
  'wxa.platform.events.v1': 'events',
};

/** An observer of libs/kafka. */
export const kafkaObserver = {
  failed: (component: string): void => errorsTotal.inc({ component }),
  published: (topic: string): void => publishedTotal.inc({ topic: TOPICS[topic] ?? 'other' }),
  sent: (seconds: number): void => publishSeconds.observe({}, seconds),
};

/** Reads at each scrape whether this process publishes the outbox. */
export function observeRelay(relay: { readonly isActive: boolean }): void {
  relayActive.collect(() => [[{}, relay.isActive ? 1 : 0]]);
}
