import { randomUUID } from 'node:crypto';
import type { TopicName } from '@wxa/contracts';
import { consumerOf, deleteGroup, type KafkaConnection, namingDenial } from '@wxa/kafka';
import type { Admin, Batch, KafkaMessage } from 'kafkajs';

/** The messages of a partition from `from` on and before `end`. */
export interface Range {
  partition: number;
  from: bigint;
  end: bigint;
}

/** All messages that are on a topic now. */
export function wholeTopic(connection: KafkaConnection, name: TopicName): Promise<Range[]> {
  return withAdmin(connection, async (admin) => {
    const topic = connection.topic(name);
    const offsets = await admin.fetchTopicOffsets(topic).catch((error: unknown) => {
      throw namingDenial(error, { topic, operation: 'Describe' });
    });
    return offsets.map(({ partition, low, high }) => ({ partition, from: BigInt(low), end: BigInt(high) }));
  });
}

/** Uses a connection for administration. */
export async function withAdmin<T>(
  { kafka }: KafkaConnection,
  use: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

type OnMessages = (partition: number, messages: KafkaMessage[]) => Promise<void>;

/**
 * Reads ranges of a topic in a temporary consumer group. Rejects if Kafka is unavailable or denies it.
 * @param onMessages is called with messages of one partition in order; the next ones are read when it resolves.
 */
export async function readTopic(
  connection: KafkaConnection,
  name: TopicName,
  ranges: Range[],
  onMessages: OnMessages,
): Promise<void> {
  const left = ranges.filter(({ from, end }) => from < end);
  if (left.length === 0) return;
  const group = `wxa-cli-${randomUUID()}`;
  await readInGroup(connection, group, name, left, onMessages).finally(() => deleteGroup(connection, group));
}

async function readInGroup(
  connection: KafkaConnection,
  group: string,
  name: TopicName,
  ranges: Range[],
  onMessages: OnMessages,
): Promise<void> {
  const left = new Map(ranges.map((range) => [range.partition, { ...range }]));
  const topic = connection.topic(name);
  const groupId = connection.group(group);
  const consumer = consumerOf(connection, { groupId, maxWaitTimeInMs: 100 });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      consumer
        .run({
          autoCommit: false,
          eachBatch: async ({ batch, heartbeat }) => {
            const range = left.get(batch.partition);
            if (range === undefined) return;
            await onMessages(batch.partition, within(batch, range)).catch(reject);
            // After it has moved to `from`, the consumer may fetch messages again.
            const next = BigInt(batch.lastOffset()) + 1n;
            if (next > range.from) range.from = next;
            if (next >= range.end) left.delete(batch.partition);
            if (left.size === 0) resolve();
            await heartbeat();
          },
        })
        .then(() => {
          for (const { partition, from } of left.values())
            consumer.seek({ topic, partition, offset: String(from) });
        })
        .catch(reject);
    });
  } catch (error) {
    throw namingDenial(error, { topic, group: groupId, operation: 'Read' });
  } finally {
    await consumer.disconnect();
  }
}

/** Those before `from` were fetched before the consumer moved there. */
function within({ messages }: Batch, { from, end }: Range): KafkaMessage[] {
  return messages.filter(({ offset }) => BigInt(offset) >= from && BigInt(offset) < end);
}
