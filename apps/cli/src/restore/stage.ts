import {
  eventType,
  isOperationId,
  operationOfOutcome,
  readCommand,
  TOPICS,
  type TopicName,
} from '@wxa/contracts';
import type { KafkaConnection } from '@wxa/kafka';
import { type RestoreSession, type StagedEvent, stageEvents } from '@wxa/store';
import type { KafkaMessage } from 'kafkajs';
import { type Range, readTopic } from '../kafka/read-topic.js';

const BATCH = 500;

/** The messages of each topic that are about operations and their audits. */
const TYPES: Partial<Record<TopicName, readonly string[]>> = {
  [TOPICS.commands]: [eventType('CodeCommand')],
  [TOPICS.outcomes]: [eventType('OperationCompleted'), eventType('OperationInDoubt')],
  [TOPICS.audits]: [eventType('AuditCompleted'), eventType('AuditDelayed')],
};

/** Copies the messages of a topic to Postgres. Those that no program of ours wrote are skipped. */
export async function stageTopic(
  connection: KafkaConnection,
  session: RestoreSession,
  name: TopicName,
  ranges: Range[],
  onStaged: (count: number) => void,
): Promise<void> {
  await readTopic(connection, name, ranges, async (partition, messages) => {
    for (let from = 0; from < messages.length; from += BATCH) {
      const events = messages
        .slice(from, from + BATCH)
        .flatMap((message) => stagedEvent(name, partition, message) ?? []);
      await session.transaction((client) => stageEvents(client, events));
      onStaged(events.length);
    }
  });
}

/** Undefined if the message is about no operation of ours. */
export function stagedEvent(
  topic: TopicName,
  partition: number,
  { key, value, headers, offset }: KafkaMessage,
): StagedEvent | undefined {
  const header = (name: string) => String(headers?.[name] ?? '');
  const [id, type, time] = [header('ce_id'), header('ce_type'), new Date(header('ce_time'))];
  const operationId = operationOf(topic, id, key, value);
  const isKnown = TYPES[topic]?.includes(type) === true && !Number.isNaN(time.getTime());
  if (operationId === undefined || !isKnown || value === null) return undefined;
  return {
    ...{ topic, partition, offset, id, type: type as StagedEvent['type'], operationId, time },
    appid: String(key ?? ''),
    traceparent: header('traceparent'),
    value: value.toString(),
  };
}

function operationOf(
  topic: TopicName,
  eventId: string,
  key: Buffer | null,
  value: Buffer | null,
): string | undefined {
  if (topic === TOPICS.commands) {
    const command = readCommand(key, value);
    return command.kind === 'command' ? command.operationId : undefined;
  }
  const id = operationOfOutcome(eventId);
  return isOperationId(id) && isObject(value) ? id : undefined;
}

function isObject(value: Buffer | null): boolean {
  try {
    const json: unknown = JSON.parse(value?.toString() ?? '');
    return typeof json === 'object' && json !== null;
  } catch {
    return false;
  }
}
