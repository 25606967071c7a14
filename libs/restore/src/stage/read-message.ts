import {
  type EventType,
  eventType,
  isOperationId,
  operationOfEvent,
  readCommand,
  TOPICS,
  type TopicName,
} from '@wxa/contracts';
import type { KafkaMessage } from 'kafkajs';
import { NIL_UUID } from '../session/each-page.js';
import type { Left } from '../session/report.js';
import {
  doubtOf,
  isEventOfRollout,
  lostOperationOf,
  namedRolloutOf,
  objectOf,
  publishedAudit,
  publishedEnd,
} from './published.js';
import type { StagedEvent } from './staged-events.js';

type Reader = (event: StagedEvent) => object | undefined;

/** How the messages of each topic that are about operations and their audits are read. */
const READERS: Partial<Record<TopicName, Partial<Record<EventType, Reader>>>> = {
  [TOPICS.commands]: { [eventType('CodeCommand')]: lostOperationOf },
  [TOPICS.outcomes]: {
    [eventType('OperationCompleted')]: publishedEnd,
    [eventType('OperationInDoubt')]: doubtOf,
  },
  [TOPICS.audits]: {
    [eventType('AuditCompleted')]: publishedAudit,
    [eventType('AuditDelayed')]: publishedAudit,
  },
};

/**
 * Reads a message: its event, or why it cannot be read. Undefined if no program of ours wrote the message, or if it is about an
 * audit of no operation of ours.
 */
export function readMessage(
  topic: TopicName,
  partition: number,
  message: KafkaMessage,
): { event: StagedEvent } | Left | undefined {
  const header = (name: string) => String(message.headers?.[name] ?? '');
  const [id, type] = [header('ce_id'), header('ce_type') as EventType];
  if (!type.startsWith('wxa.code.')) return undefined;
  const operationId = operationOfEvent(id);
  const isOfOurs = isOperationId(operationId);
  if (!isOfOurs && topic === TOPICS.audits) return undefined;
  const isOfRollout = topic === TOPICS.rollouts;
  const event: StagedEvent = {
    ...{ topic, partition, offset: message.offset, id, type, time: new Date(header('ce_time')) },
    ...{ operationId: isOfRollout ? NIL_UUID : operationId, appid: String(message.key ?? '') },
    traceparent: isOfRollout ? '' : header('traceparent'),
    // Of an event of a rollout only its id and the name of the rollout are used; of which type it is does not matter.
    value: isOfRollout ? JSON.stringify(namedRolloutOf(message.value)) : String(message.value),
  };
  const place = `${topic} ${partition}:${message.offset}`;
  const invalid = `invalid ce_id ${id} or ce_time ${header('ce_time')}`;
  if (isOfRollout)
    return isEventOfRollout(event) ? { event } : { operationId: '', appid: '', why: invalid, message: place };
  const unreadable = (why: string): Left => {
    return { appid: event.appid, why, operationId: isOfOurs ? operationId : '', message: place };
  };
  const reader = READERS[topic]?.[type];
  if (reader === undefined) return unreadable(`this version does not know the type ${type}`);
  const fault = faultOf(topic, message);
  if (fault !== undefined || !isOfOurs || Number.isNaN(event.time.getTime()))
    return unreadable(fault ?? invalid);
  return reader(event) === undefined ? unreadable('a field is missing or has an unknown value') : { event };
}

/** Why the value of a message cannot be decoded. */
function faultOf(topic: TopicName, { key, value }: KafkaMessage): string | undefined {
  if (topic !== TOPICS.commands)
    return objectOf(value) === undefined ? 'its value is not a JSON object' : undefined;
  const command = readCommand(key, value);
  return command.kind === 'command' ? undefined : command.reason;
}
