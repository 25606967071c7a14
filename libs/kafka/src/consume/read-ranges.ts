import { randomUUID } from 'node:crypto';
import type { TopicName } from '@wxa/contracts';
import type { Admin, Batch, Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import { AuthorizationError, namingDenial } from '../authorization.js';
import { consumerOf, type KafkaConnection, type Logger } from '../connection.js';
import { deleteGroup } from '../ensure-topics.js';

/** The messages of a partition from `from` on and before `end`. */
export interface Range {
  partition: number;
  from: bigint;
  end: bigint;
}

/** Which messages of a topic to read. */
export type Ranges = (admin: Admin, topic: string) => Promise<Range[]>;

/** All messages that are on a topic now. */
export const wholeTopic: Ranges = async (admin, topic) => {
  const offsets = await admin.fetchTopicOffsets(topic);
  return offsets.map(({ partition, low, high }) => ({ partition, from: BigInt(low), end: BigInt(high) }));
};

/** The last messages of every partition that are on a topic now. */
export const lastOf =
  (count: number): Ranges =>
  async (admin, topic) => {
    const ranges = await wholeTopic(admin, topic);
    return ranges.map((range) => {
      const from = range.end - BigInt(count);
      return from > range.from ? { ...range, from } : range;
    });
  };

/** What to read, and how. */
export interface ReadOptions {
  topic: TopicName;
  ranges: Ranges;
  /** Of the name of a temporary consumer group. */
  groupPrefix: string;
  /** Limits everything, also connecting; what is still open is then closed in the background. */
  signal: AbortSignal;
  /** Warns if the group may not be deleted; it expires by itself. */
  logger: Pick<Logger, 'warn'>;
}

type OnMessages = (partition: number, messages: KafkaMessage[]) => Promise<void>;

/**
 * Reads ranges of a topic in a temporary consumer group. Rejects with AuthorizationError, with kafkajs's error, or with the
 * signal's reason.
 * @param onMessages is called with messages of one partition in order; the next ones are read when it resolves.
 */
export async function readRanges(
  connection: KafkaConnection,
  { topic: name, ranges: find, groupPrefix, signal, logger }: ReadOptions,
  onMessages: OnMessages,
): Promise<void> {
  const topic = connection.topic(name);
  const group = `${groupPrefix}${randomUUID()}`;
  const groupId = connection.group(group);
  const admin = connection.kafka.admin();
  const consumer = consumerOf(connection, { groupId, maxWaitTimeInMs: 100 });
  const aborted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
  const limited = (work: Promise<void>) =>
    Promise.race([work, aborted.then(() => Promise.reject(signal.reason))]);
  let isJoined = false;
  const read = async () => {
    await admin.connect();
    const ranges = await find(admin, topic).catch((error: unknown) => {
      throw namingDenial(error, { topic, operation: 'Describe' });
    });
    const left = ranges.filter(({ from, end }) => from < end);
    if (left.length === 0) return;
    isJoined = true;
    await consume(consumer, topic, left, onMessages);
  };
  const close = async () => {
    await consumer.disconnect().catch(() => undefined);
    await admin.disconnect().catch(() => undefined);
    if (isJoined) await deleteTemporary(connection, group, logger);
  };
  try {
    await limited(read());
  } catch (error) {
    throw namingDenial(error, { topic, group: groupId, operation: 'Read' });
  } finally {
    await Promise.race([close(), aborted]);
  }
}

async function consume(
  consumer: Consumer,
  topic: string,
  ranges: Range[],
  onMessages: OnMessages,
): Promise<void> {
  const left = new Map(ranges.map((range) => [range.partition, { ...range }]));
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    const eachBatch = async ({ batch, heartbeat }: EachBatchPayload) => {
      const range = left.get(batch.partition);
      if (range === undefined) return;
      try {
        await onMessages(batch.partition, within(batch, range));
      } catch (error) {
        left.clear();
        return reject(error);
      }
      // After it has moved to `from`, the consumer may fetch messages again.
      const next = BigInt(batch.lastOffset()) + 1n;
      if (next > range.from) range.from = next;
      if (next >= range.end) left.delete(batch.partition);
      if (left.size === 0) resolve();
      await heartbeat();
    };
    // kafkajs seeks only after it runs, and throws if it has crashed by then.
    const seek = () => {
      for (const { partition, from } of left.values())
        consumer.seek({ topic, partition, offset: String(from) });
    };
    consumer.run({ autoCommit: false, eachBatch }).then(seek).catch(reject);
  });
}

/** Those before `from` were fetched before the consumer moved there. */
function within({ messages }: Batch, { from, end }: Range): KafkaMessage[] {
  return messages.filter(({ offset }) => BigInt(offset) >= from && BigInt(offset) < end);
}

async function deleteTemporary(
  connection: KafkaConnection,
  group: string,
  logger: ReadOptions['logger'],
): Promise<void> {
  await deleteGroup(connection, group).catch((error: unknown) => {
    if (error instanceof AuthorizationError)
      logger.warn({ resource: error.resource, error: error.message }, 'kafka group left');
  });
}
