import { TOPICS, type TopicName } from '@wxa/contracts';
import {
  AuthorizationError,
  deniedType,
  type KafkaConnection,
  namingDenial,
  type Range,
  withAdmin,
} from '@wxa/kafka';
import kafkajs, { type Admin } from 'kafkajs';

/** The topics that a restore reads. */
const RESTORED = [TOPICS.commands, TOPICS.outcomes, TOPICS.audits, TOPICS.rollouts] as const;

/** A topic no longer has all messages of the window; the message says which. */
export class RetentionTooShortError extends Error {}

/**
 * The messages of each topic from a time on, up to their present ends. Rejects with RetentionTooShortError if Kafka may have
 * deleted some of them.
 */
export function windowSince(
  connection: KafkaConnection,
  since: Date,
): Promise<ReadonlyMap<TopicName, Range[]>> {
  return withAdmin(connection, async (admin) => {
    const windows = new Map<TopicName, Range[]>();
    for (const name of RESTORED) windows.set(name, await rangesOf(admin, connection.topic(name), since));
    return windows;
  });
}

async function rangesOf(admin: Admin, topic: string, since: Date): Promise<Range[]> {
  const named = (error: unknown) => namingDenial(error, { topic, operation: 'Describe' });
  const offsets = await admin.fetchTopicOffsets(topic).catch((error: unknown) => {
    throw named(error);
  });
  const starts = await admin.fetchTopicOffsetsByTimestamp(topic, since.getTime());
  const startOf = new Map(starts.map(({ partition, offset }) => [partition, BigInt(offset)]));
  const ranges = offsets.map(({ partition, low, high }) => ({
    partition,
    low: BigInt(low),
    from: startOf.get(partition) ?? BigInt(low),
    end: BigInt(high),
  }));
  // A partition that was truncated, and that has no message from before the window, may have lost some of it.
  const doubtful = ranges
    .filter(({ low, from }) => low > 0n && from <= low)
    .map(({ partition }) => partition);
  if (doubtful.length > 0) await rejectUnlessRetained(admin, topic, since, doubtful);
  return ranges;
}

/** Rejects unless the topic's settings retain all messages for long enough. */
async function rejectUnlessRetained(
  admin: Admin,
  topic: string,
  since: Date,
  doubtful: number[],
): Promise<void> {
  const where = `(partition ${doubtful.join(', ')})`;
  const names = ['retention.ms', 'retention.bytes'];
  const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: names };
  const { resources } = await admin
    .describeConfigs({ resources: [resource], includeSynonyms: false })
    .catch((error: unknown) => {
      if (deniedType(error) === undefined) throw error;
      const { message } = new AuthorizationError('DescribeConfigs', `topic ${topic}`);
      throw new RetentionTooShortError(
        `${topic} may have lost messages from ${since.toISOString()} on, and its retention cannot be read ${where}: ${message}`,
      );
    });
  const entries = resources[0]?.configEntries ?? [];
  const [ms, bytes] = names.map((name) =>
    Number(entries.find(({ configName }) => configName === name)?.configValue ?? Number.NaN),
  ) as [number, number];
  if (bytes === -1 && (ms === -1 || Date.now() - ms < since.getTime())) return;
  throw new RetentionTooShortError(
    `${topic} no longer has messages from ${since.toISOString()} on: its retention is too short for --since ${where}`,
  );
}
