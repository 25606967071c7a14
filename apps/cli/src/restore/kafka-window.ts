import { TOPICS, type TopicName } from '@wxa/contracts';
import { type KafkaConnection, namingDenial } from '@wxa/kafka';
import kafkajs, { type Admin } from 'kafkajs';
import { type Range, withAdmin } from '../kafka/read-topic.js';

/** The topics that a restore reads. */
export const RESTORED = [TOPICS.commands, TOPICS.outcomes, TOPICS.audits] as const;

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
  const isDoubtful = ranges.some(({ low, from }) => low > 0n && from <= low);
  const hasOlder = ranges.some(({ low, from }) => from > low);
  if (isDoubtful && !hasOlder && !(await isRetained(admin, topic, since)))
    throw new RetentionTooShortError(
      `${topic} no longer has messages from ${since.toISOString()} on: its retention is too short for --since`,
    );
  return ranges;
}

/** Whether the topic's setting retains messages for long enough. False if this principal may not read the setting. */
async function isRetained(admin: Admin, topic: string, since: Date): Promise<boolean> {
  const resource = {
    type: kafkajs.ConfigResourceTypes.TOPIC,
    name: topic,
    configNames: ['retention.ms', 'retention.bytes'],
  };
  const described = await admin
    .describeConfigs({ resources: [resource], includeSynonyms: false })
    .catch(() => undefined);
  const entries = described?.resources[0]?.configEntries ?? [];
  const value = (name: string) =>
    Number(entries.find(({ configName }) => configName === name)?.configValue ?? Number.NaN);
  const ms = value('retention.ms');
  return value('retention.bytes') === -1 && (ms === -1 || Date.now() - ms < since.getTime());
}
