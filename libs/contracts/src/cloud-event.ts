import { randomUUID } from 'node:crypto';
import { isMethod, METHODS } from './methods.js';

/** The topics by their public names; a deployment may add a prefix. */
export const TOPICS = {
  commands: 'wxa.code.commands.v1',
  outcomes: 'wxa.code.outcomes.v1',
  audits: 'wxa.code.audits.v1',
  rollouts: 'wxa.code.rollouts.v1',
  fleet: 'wxa.code.fleet.v1',
  deadLetters: 'wxa.code.commands.v1.dlq',
  /** Not of `wxa.code.`, so that a right on all topics of that prefix does not open what people wrote. */
  events: 'wxa.platform.events.v1',
} as const;

/** The name of a topic, without a deployment's prefix. */
export type TopicName = (typeof TOPICS)[keyof typeof TOPICS];

/** The topics without which nothing is published: all but that of platform events, which only gateways use. */
export const CODE_TOPICS: readonly TopicName[] = Object.values(TOPICS).filter(
  (name) => name !== TOPICS.events,
);

/** The messages of events.proto, rollouts.proto and platform_events.proto that are published. */
export const EVENTS = [
  'CodeCommand',
  'OperationCompleted',
  'OperationInDoubt',
  'AuditCompleted',
  'AuditDelayed',
  'RolloutStarted',
  'RolloutGateReached',
  'RolloutHeld',
  'RolloutHoldCleared',
  'RolloutPaused',
  'RolloutResumed',
  'RolloutWaveCompleted',
  'RolloutClosed',
  'RolloutCompleted',
  'RolloutCancelled',
  'RolloutTargetCompleted',
  'AuthorizerChanged',
  'ReadinessChanged',
  'MiniProgramReleased',
  'PlatformEvent',
] as const;

export type EventName = (typeof EVENTS)[number];

/** The full name of a message, as in `wxa.code.v1.OperationCompleted`. */
export type EventType = `wxa.code.v1.${EventName}`;

/** Returns the `ce_type` of a message. */
export function eventType<N extends EventName>(name: N): `wxa.code.v1.${N}` {
  return `wxa.code.v1.${name}`;
}

/** One message to Kafka: CloudEvents 1.0 in binary mode, its value the canonical proto3 JSON of a message. */
export interface CloudEvent {
  topic: TopicName;
  /** The id is the same for every publication of one event. Consumers deduplicate by it. */
  id: string;
  type: EventType;
  /** The app of the deployment that writes it: `gateway` or `release-worker`. */
  source: string;
  /** The message's key: the mini-program; on the topic of rollouts the id of the rollout. */
  appid: string;
  /** `ce_subject`, if that is not the key. */
  subject?: string | null;
  time: Date;
  traceparent: string;
  /** Absent or null if no vendor has added anything. */
  tracestate?: string | null;
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
      ce_subject: event.subject ?? event.appid,
      ce_time: event.time.toISOString(),
      // The type URL that google.protobuf.Any would carry.
      ce_dataschema: `https://type.googleapis.com/${event.type}`,
      ce_traceparent: event.traceparent,
      'content-type': 'application/json',
      traceparent: event.traceparent,
      ...(event.tracestate && { ce_tracestate: event.tracestate, tracestate: event.tracestate }),
      ...(event.topic === TOPICS.outcomes && outcomeHeaders(event.value)),
      ...(event.topic === TOPICS.events && platformEventHeaders(event.value)),
    },
  };
}

/**
 * The headers that only an outcome has, so that a consumer can filter by kind, method or state without decoding the value.
 * They are read from the value, because the outbox has only the columns that all events have.
 * @param value JSON text of OperationCompleted or OperationInDoubt.
 */
function outcomeHeaders(value: string): Record<string, string> {
  const { operation } = JSON.parse(value) as { operation?: { method?: string; state?: string } };
  const { method = '', state = '' } = operation ?? {};
  if (!isMethod(method)) return {};
  const { kind } = METHODS[method];
  return { ce_method: method, ce_state: state.replace('OPERATION_STATE_', ''), ce_kind: kind };
}

/** By them a consumer skips what it does not want. @param value JSON text of PlatformEvent. */
function platformEventHeaders(value: string): Record<string, string> {
  const { kind = '', name = '' } = JSON.parse(value) as { kind?: string; name?: string };
  return {
    ce_event: /^[A-Za-z0-9_.-]{1,64}$/.test(name) ? name : 'other',
    ce_kind: kind.replace('PLATFORM_EVENT_KIND_', '').toLowerCase(),
  };
}

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Whether a text is a well-formed `traceparent` of W3C Trace Context, version 00. */
export const isTraceparent = (text: string | undefined): text is string => TRACEPARENT.test(text ?? '');

/** The caller's `traceparent` if it is well-formed, else a new one. */
export function continueTrace(traceparent: string | undefined): string {
  if (isTraceparent(traceparent)) return traceparent;
  return `00-${randomUUID().replaceAll('-', '')}-${randomUUID().slice(19).replace('-', '')}-01`;
}
