import { randomUUID } from 'node:crypto';
import type { TopicName } from '@wxa/contracts';
import type { Admin, Batch, Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import { AuthorizationError, namingDenial } from '../authorization.js';
import { consumerOf, type KafkaConnection, type KafkaLogger } from '../connection.js';
import { deleteGroup } from '../ensure-topics.js';

/** The messages of a partition from `from` on and before `end`. */
export interface Range {
  partition: number;
  from: bigint;
  end: bigint;
}

/** Which messages of a topic to read; the ranges of one partition in order, apart from each other. */
export type Ranges = (admin: Admin, topic: string) => Promise<Range[]>;

/** All messages that are on a topic now. */
export const wholeTopic: Ranges = async (admin, topic) => {
  const offsets = await admin.fetchTopicOffsets(topic);
  return offsets.map(({ partition, low, high }) => ({ partition, from: BigInt(low), end: BigInt(high) }));
};

/** One message, unless Kafka has deleted it. */
export const singleMessage =
  (partition: number, offset: bigint): Ranges =>
  async (admin, topic) =>
    (await wholeTopic(admin, topic))
      .filter((range) => range.partition === partition && range.from <= offset && offset < range.end)
      .map((range) => ({ ...range, from: offset, end: offset + 1n }));

/** Of every partition, the first messages that were sent since a time, and the last ones that are there now. */
export const sinceAndLast =
  (since: Date, { first, last }: { first: number; last: number }): Ranges =>
  async (admin, topic) => {
    const ranges = await wholeTopic(admin, topic);
    const sent = await admin.fetchTopicOffsetsByTimestamp(topic, since.getTime());
    const sentFrom = new Map(sent.map(({ partition, offset }) => [partition, BigInt(offset)]));
    return ranges.flatMap((range) => {
      const from = sentFrom.get(range.partition) ?? range.end;
      const end = smaller(from + BigInt(first), range.end);
      const tailFrom = larger(range.from, range.end - BigInt(last));
      const tail = { ...range, from: tailFrom };
      return end < tailFrom ? [{ ...range, from, end }, tail] : [{ ...tail, from: smaller(from, tailFrom) }];
    });
  };

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

export interface ReadOptions {
  topic: TopicName;
  ranges: Ranges;
  /** The name of the temporary consumer group begins with this. */
  groupPrefix: string;
  /** The signal ends everything, also connecting; what is still open is then closed in the background. */
  signal: AbortSignal;
  /** Warns if the group may not be deleted; it expires by itself. */
  logger: Pick<KafkaLogger, 'warn'>;
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
  // A crash ends the read: a consumer that then started again would be stopped by nobody.
  const retry = { restartOnFailure: async () => false };
  const consumer = consumerOf(connection, { groupId, maxWaitTimeInMs: 100, retry });
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
    if (left.length === 0 || signal.aborted) return;
    isJoined = true;
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    if (!signal.aborted) await consume(consumer, topic, left, onMessages);
  };
  const close = async () => {
    await consumer.disconnect().catch(() => undefined);
    await admin.disconnect().catch(() => undefined);
    if (isJoined) await deleteTemporary(connection, group, logger);
  };
  const reading = read();
  try {
    await limited(reading);
  } catch (error) {
    throw namingDenial(error, { topic, group: groupId, operation: 'Read' });
  } finally {
    await Promise.race([close(), aborted]);
    // What was being connected at the abort is open afterwards.
    if (signal.aborted) void reading.catch(() => undefined).then(close);
  }
}

async function consume(
  consumer: Consumer,
  topic: string,
  ranges: Range[],
  onMessages: OnMessages,
): Promise<void> {
  const left = new Map<number, Range[]>();
  for (const range of ranges) left.set(range.partition, [...(left.get(range.partition) ?? []), { ...range }]);
  await new Promise<void>((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    const seekTo = ({ partition, from }: Range) => consumer.seek({ topic, partition, offset: String(from) });
    const eachBatch = async ({ batch, heartbeat }: EachBatchPayload) => {
      const [range, following] = left.get(batch.partition) ?? [];
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
      if (next >= range.end) {
        left.delete(batch.partition);
        if (following !== undefined) {
          left.set(batch.partition, [following]);
          seekTo(following);
        }
      }
      if (left.size === 0) resolve();
      await heartbeat();
    };
    // kafkajs seeks only after it runs, and throws if it has crashed by then.
    const seek = () => {
      for (const [first] of left.values()) if (first !== undefined) seekTo(first);
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
