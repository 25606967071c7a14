import { randomUUID } from 'node:crypto';
import type { TopicName } from '@wxa/contracts';
import type { Admin, Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import { namingDenial } from '../authorization.js';
import { consumerOf, type KafkaConnection } from '../connection.js';

/** Which messages to read. */
export interface LastMessagesOptions {
  topic: TopicName;
  /** Of each partition, its last ones. */
  perPartition: number;
  /** Prefix of the name of a consumer group, which is deleted afterwards. */
  groupPrefix: string;
  timeoutMs: number;
}

/** Offsets of a partition: the first to read, and the end. */
interface Range {
  from: bigint;
  end: bigint;
}

/**
 * Reads the last messages of every partition of a topic, up to its end at the time of the call. Rejects with
 * AuthorizationError, with kafkajs's error, or after `timeoutMs`.
 */
export async function lastMessages(
  connection: KafkaConnection,
  { topic: name, perPartition, groupPrefix, timeoutMs }: LastMessagesOptions,
): Promise<KafkaMessage[]> {
  const topic = connection.topic(name);
  const groupId = connection.group(`${groupPrefix}${randomUUID()}`);
  const admin = connection.kafka.admin();
  const consumer = consumerOf(connection, { groupId, maxWaitTimeInMs: 100 });
  try {
    await admin.connect();
    const ranges = await lastRanges(admin, topic, BigInt(perPartition));
    if (ranges.size === 0) return [];
    const messages = await within(timeoutMs, read(consumer, topic, ranges));
    return messages;
  } catch (error) {
    throw namingDenial(error, { topic, group: groupId, operation: 'Read' });
  } finally {
    await consumer.disconnect().catch(() => undefined);
    await admin.deleteGroups([groupId]).catch(() => undefined);
    await admin.disconnect().catch(() => undefined);
  }
}

async function lastRanges(admin: Admin, topic: string, count: bigint): Promise<Map<number, Range>> {
  const offsets = await admin.fetchTopicOffsets(topic);
  const ranges = offsets.map(({ partition, low, high }): [number, Range] => {
    const [first, end] = [BigInt(low), BigInt(high)];
    return [partition, { from: end - count > first ? end - count : first, end }];
  });
  return new Map(ranges.filter(([, { from, end }]) => from < end));
}

async function read(consumer: Consumer, topic: string, ranges: Map<number, Range>): Promise<KafkaMessage[]> {
  const found: KafkaMessage[] = [];
  const unread = new Map(ranges);
  const receive = ({ batch }: EachBatchPayload) => {
    const range = unread.get(batch.partition);
    if (range === undefined) return;
    const wanted = ({ offset }: KafkaMessage) => BigInt(offset) >= range.from && BigInt(offset) < range.end;
    found.push(...batch.messages.filter(wanted));
    if (BigInt(batch.lastOffset()) + 1n >= range.end) unread.delete(batch.partition);
  };
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: false });
  await new Promise<void>((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    const eachBatch = async (payload: EachBatchPayload) => {
      receive(payload);
      if (unread.size === 0) resolve();
    };
    // kafkajs seeks only after it runs, and throws if it has crashed by then.
    const seek = () => {
      for (const [partition, { from }] of ranges) consumer.seek({ topic, partition, offset: String(from) });
    };
    consumer.run({ autoCommit: false, eachBatch }).then(seek).catch(reject);
  });
  return found;
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`Kafka did not deliver the messages within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
