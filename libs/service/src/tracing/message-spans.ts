import { isSampled, type TraceContext } from './trace-context.js';
import type { Attributes, Tracing } from './tracing.js';

/** An event that was sent to Kafka. */
export interface SentMessage extends TraceContext {
  id: string;
  /** The appid is the key of the message. */
  appid: string;
  /** When its row was written. */
  time: Date;
}

/** The attributes of every span about a message. */
export function messagingAttributes(operation: 'send' | 'process', topic: string): Attributes {
  return {
    'messaging.system.name': 'kafka',
    'messaging.operation.name': operation,
    'messaging.operation.type': operation,
    'messaging.destination.name': topic,
  };
}

/**
 * What makes the PRODUCER span of a message when Kafka has acknowledged it: from the time when its row was written. One per
 * message, and only for those of sampled traces; undefined without tracing.
 */
export function traceSent(
  tracing: Tracing | undefined,
): ((message: SentMessage, topic: string) => void) | undefined {
  if (tracing === undefined) return undefined;
  return (message, topic) => {
    if (!isSampled(message.traceparent)) return;
    const { id, appid, time: startTime } = message;
    const attributes = {
      ...messagingAttributes('send', topic),
      'messaging.message.id': id,
      'kafka.message.key': appid,
    };
    tracing.start(`send ${topic}`, { kind: 'producer', parent: message, startTime, attributes }).end();
  };
}
