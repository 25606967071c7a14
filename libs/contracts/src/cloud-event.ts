import type { TopicName } from './topics.js';

/** One message to Kafka: CloudEvents 1.0 in binary mode, its value the canonical proto3 JSON of a message. */
export interface CloudEvent {
  topic: TopicName;
  /** Deterministic: one and the same for one fact, however often it is published. Consumers dedupe on it. */
  id: string;
  /** The name of the message in events.proto. */
  type: string;
  /** Which part of this service states it: `/wxa-code/gateway` or `/wxa-code/release-worker`. */
  source: string;
  /** The mini-program: the message's key and `ce_subject`. */
  appid: string;
  time: Date;
  /** W3C trace context. */
  traceparent: string;
  /** JSON text. */
  value: string;
}

/** What kafkajs takes for one message. */
export interface KafkaMessage {
  key: string;
  value: string;
  headers: Record<string, string>;
}

/** Writes an event as a Kafka message. */
export function toKafkaMessage(event: CloudEvent): KafkaMessage {
  return {
    key: event.appid,
    value: event.value,
    headers: {
      ce_specversion: '1.0',
      ce_id: event.id,
      ce_type: event.type,
      ce_source: event.source,
      ce_subject: event.appid,
      ce_time: event.time.toISOString(),
      'content-type': 'application/json',
      traceparent: event.traceparent,
    },
  };
}
