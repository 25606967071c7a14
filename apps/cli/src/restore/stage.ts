import {
  type EventType,
  eventType,
  isOperationId,
  operationOfOutcome,
  readCommand,
  TOPICS,
  type TopicName,
} from '@wxa/contracts';
import type { KafkaConnection, Range } from '@wxa/kafka';
import { type StagedEvent, stageEvents } from '@wxa/restore';
import type { KafkaMessage } from 'kafkajs';
import { readTopic } from '../kafka/read-topic.js';
import {
  auditOf,
  doubtOf,
  endOf,
  isEventOfRollout,
  lostOperationOf,
  namedRolloutOf,
  objectOf,
} from './published.js';
import { addUnreadable } from './report.js';
import { NIL_UUID, type RestoreTools } from './restore-operations.js';

const BATCH = 500;

type Reader = (event: StagedEvent) => object | undefined;

/** How the messages of each topic that are about operations and their audits are read. */
const READERS: Partial<Record<TopicName, Partial<Record<EventType, Reader>>>> = {
  [TOPICS.commands]: { [eventType('CodeCommand')]: lostOperationOf },
  [TOPICS.outcomes]: { [eventType('OperationCompleted')]: endOf, [eventType('OperationInDoubt')]: doubtOf },
  [TOPICS.audits]: { [eventType('AuditCompleted')]: auditOf, [eventType('AuditDelayed')]: auditOf },
};

/** Copies the messages of a topic to Postgres, and reports those that this version cannot read. */
export async function stageTopic(
  connection: KafkaConnection,
  { session, report }: Pick<RestoreTools, 'session' | 'report'>,
  { name, ranges }: { name: TopicName; ranges: Range[] },
  onStaged: (count: number) => void,
): Promise<void> {
  await readTopic(
    connection,
    name,
    async () => ranges,
    async (partition, messages) => {
      for (let from = 0; from < messages.length; from += BATCH) {
        const read = messages
          .slice(from, from + BATCH)
          .flatMap((message) => readMessage(name, partition, message) ?? []);
        const events = read.flatMap((each) => ('event' in each ? each.event : []));
        for (const each of read) if ('why' in each) addUnreadable(report, each);
        await session.transaction((client) => stageEvents(client, events));
        onStaged(events.length);
      }
    },
  );
}

/** A message of ours: its event, or why it cannot be read. */
type ReadMessage =
  | { event: StagedEvent }
  | { operationId: string; appid: string; message: string; why: string };

/** Undefined if no program of ours wrote the message, or if it is about an audit of no operation of ours. */
function readMessage(topic: TopicName, partition: number, message: KafkaMessage): ReadMessage | undefined {
  const header = (name: string) => String(message.headers?.[name] ?? '');
  const [id, type] = [header('ce_id'), header('ce_type') as EventType];
  if (!type.startsWith('wxa.code.')) return undefined;
  const [operationId, appid] = [operationOfOutcome(id), String(message.key ?? '')];
  const isOfOurs = isOperationId(operationId);
  if (!isOfOurs && topic === TOPICS.audits) return undefined;
  if (topic === TOPICS.rollouts) return readRolloutMessage(partition, message);
  const unreadable = (why: string) => ({
    ...{ appid, why, operationId: isOfOurs ? operationId : '' },
    message: `${topic} ${partition}:${message.offset}`,
  });
  const reader = READERS[topic]?.[type];
  if (reader === undefined) return unreadable(`this version does not know the type ${type}`);
  const time = new Date(header('ce_time'));
  const fault = faultOf(topic, message);
  if (fault !== undefined || !isOfOurs || Number.isNaN(time.getTime()))
    return unreadable(fault ?? `invalid ce_id ${id} or ce_time ${header('ce_time')}`);
  const event: StagedEvent = {
    ...{ topic, partition, offset: message.offset, id, type, operationId, time, appid },
    traceparent: header('traceparent'),
    value: String(message.value),
  };
  return reader(event) === undefined ? unreadable('a field is missing or has an unknown value') : { event };
}

/** Of an event of a rollout its id is kept, with the name of the rollout; of which type it is does not matter. */
function readRolloutMessage(partition: number, message: KafkaMessage): ReadMessage {
  const header = (name: string) => String(message.headers?.[name] ?? '');
  const event: StagedEvent = {
    ...{ topic: TOPICS.rollouts, partition, offset: message.offset, appid: String(message.key ?? '') },
    ...{ id: header('ce_id'), type: header('ce_type') as EventType, time: new Date(header('ce_time')) },
    ...{ operationId: NIL_UUID, traceparent: '', value: JSON.stringify(namedRolloutOf(message.value)) },
  };
  if (isEventOfRollout(event)) return { event };
  const why = `invalid ce_id ${event.id} or ce_time ${header('ce_time')}`;
  return { operationId: '', appid: '', why, message: `${event.topic} ${partition}:${event.offset}` };
}

/** Why the value of a message cannot be decoded. */
function faultOf(topic: TopicName, { key, value }: KafkaMessage): string | undefined {
  if (topic === TOPICS.commands) {
    const command = readCommand(key, value);
    return command.kind === 'command' ? undefined : command.reason;
  }
  return isObject(value) ? undefined : 'its value is not a JSON object';
}

function isObject(value: Buffer | null): boolean {
  return objectOf(value) !== undefined;
}
