import { outcomeHeaders } from './outcome-headers.js';
import { TOPICS, type TopicName } from './topics.js';

/** The messages of events.proto that are published. */
export type EventName =
  | 'CodeCommand'
  | 'OperationCompleted'
  | 'OperationInDoubt'
  | 'AuditCompleted'
  | 'AuditDelayed';

/** The full name of a message, as in `wxa.code.v1.OperationCompleted`. */
export type EventType = `wxa.code.v1.${EventName}`;

/** `ce_type` of a message. */
export function eventType<N extends EventName>(name: N): `wxa.code.v1.${N}` {
  return `wxa.code.v1.${name}`;
}

/** One message to Kafka: CloudEvents 1.0 in binary mode, its value the canonical proto3 JSON of a message. */
export interface CloudEvent {
  topic: TopicName;
  /** Deterministic: the same for every publication of one event. Consumers deduplicate by it. */
  id: string;
  type: EventType;
  /** The app of the deployment that writes it: `gateway` or `release-worker`. */
  source: string;
  /** The mini-program: the message's key and `ce_subject`. */
  appid: string;
  time: Date;
  /** W3C trace context. */
  traceparent: string;
  /** JSON text. */
  value: string;
}

/** A message as kafkajs accepts it. */
export interface KafkaMessage {
  key: string;
  value: string;
  headers: Record<string, string>;
}

/**
 * Writes an event as a Kafka message. It has the trace context twice: in the header of W3C Trace Context and in that of the
 * CloudEvents extension for it.
 * @param deployment distinguishes the sources of deployments.
 */
export function toKafkaMessage(event: CloudEvent, deployment: string): KafkaMessage {
  return {
    key: event.appid,
    value: event.value,
    headers: {
      ce_specversion: '1.0',
      ce_id: event.id,
      ce_type: event.type,
      ce_source: `/wxa-code/${deployment}/${event.source}`,
      ce_subject: event.appid,
      ce_time: event.time.toISOString(),
      // The type URL that google.protobuf.Any would carry.
      ce_dataschema: `https://type.googleapis.com/${event.type}`,
      ce_traceparent: event.traceparent,
      'content-type': 'application/json',
      traceparent: event.traceparent,
      ...(event.topic === TOPICS.outcomes && outcomeHeaders(event.value)),
    },
  };
}
