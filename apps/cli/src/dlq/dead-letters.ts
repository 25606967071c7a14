import { randomUUID } from 'node:crypto';
import { TOPICS } from '@wxa/contracts';
import { consumerOf, deleteGroup, type KafkaConnection, namingDenial } from '@wxa/kafka';
import type { IHeaders, KafkaMessage } from 'kafkajs';

/**
 * Header of a marker on the dead-letter topic: the id of the message that was replayed. A marker has no key and no value.
 */
export const REPLAYED = 'dlq.replayed';

/** A dead-lettered message. */
export interface DeadLetter {
  /** Its position on the dead-letter topic: `partition:offset`. */
  id: string;
  partition: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: IHeaders;
  reason: string;
  time: string;
  /** Its original position on the commands topic: `partition:offset`. */
  from: string;
  replayed: boolean;
}

/** Reads the whole dead-letter topic up to its current end, oldest message first. */
export async function readDeadLetters(connection: KafkaConnection): Promise<DeadLetter[]> {
  const group = `wxa-cli-${randomUUID()}`;
  const messages = await readTopic(connection, connection.topic(TOPICS.deadLetters), group).finally(() =>
    deleteGroup(connection, group),
  );
  const replayed = new Set(messages.map(({ message }) => header(message, REPLAYED)));
  return messages
    .filter(({ message }) => message.headers?.[REPLAYED] === undefined)
    .map(({ partition, message }) => toDeadLetter(partition, message, replayed))
    .sort((a, b) => a.time.localeCompare(b.time));
}

interface PartitionMessage {
  partition: number;
  message: KafkaMessage;
}

async function readTopic(
  connection: KafkaConnection,
  topic: string,
  group: string,
): Promise<PartitionMessage[]> {
  const admin = connection.kafka.admin();
  const groupId = connection.group(group);
  const consumer = consumerOf(connection, { groupId, maxWaitTimeInMs: 100 });
  await admin.connect();
  try {
    const ends = await admin.fetchTopicOffsets(topic);
    const left = new Map(
      ends.filter((end) => end.high !== end.low).map((end) => [end.partition, BigInt(end.high)]),
    );
    if (left.size === 0) return [];
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    const found: PartitionMessage[] = [];
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      consumer
        .run({
          autoCommit: false,
          eachBatch: async ({ batch }) => {
            const { partition, messages } = batch;
            const end = left.get(partition);
            if (end === undefined) return;
            found.push(
              ...messages.filter((m) => BigInt(m.offset) < end).map((message) => ({ partition, message })),
            );
            if (BigInt(batch.lastOffset()) + 1n >= end) left.delete(partition);
            if (left.size === 0) resolve();
          },
        })
        .catch(reject);
    });
    return found;
  } catch (error) {
    throw namingDenial(error, { topic, group: groupId, operation: 'Read' });
  } finally {
    await consumer.disconnect();
    await admin.disconnect();
  }
}

function toDeadLetter(partition: number, message: KafkaMessage, replayed: Set<string>): DeadLetter {
  const id = `${partition}:${message.offset}`;
  return {
    id,
    partition,
    key: message.key,
    value: message.value,
    headers: message.headers ?? {},
    reason: header(message, 'dlq.reason'),
    time: header(message, 'dlq.time'),
    from: `${header(message, 'dlq.partition')}:${header(message, 'dlq.offset')}`,
    replayed: replayed.has(id),
  };
}

function header({ headers }: Pick<KafkaMessage, 'headers'>, name: string): string {
  return String(headers?.[name] ?? '');
}
