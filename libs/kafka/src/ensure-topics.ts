import { TOPICS } from '@wxa/contracts';
import type { KafkaConnection } from './connection.js';

/** A dead-letter message is the original record, which may have Kafka's maximum size, with additional headers. */
const DEAD_LETTER_CONFIG = [{ name: 'max.message.bytes', value: String(2 * 1024 * 1024) }];

/**
 * Creates missing topics and does not change existing ones. Resolves when all partitions are readable and writable: a broker
 * announces the leaders of new partitions a second earlier.
 */
export async function ensureTopics(
  { kafka, topic }: KafkaConnection,
  { partitions, replicationFactor }: { partitions: number; replicationFactor: number },
): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const wanted = Object.values(TOPICS).map(topic);
    const missing = wanted.filter((name) => !existing.has(name));
    if (missing.length > 0) {
      await admin.createTopics({
        waitForLeaders: true,
        topics: missing.map((name) => ({
          topic: name,
          numPartitions: partitions,
          replicationFactor,
          configEntries: name === topic(TOPICS.deadLetters) ? DEAD_LETTER_CONFIG : [],
        })),
      });
    }
    for (const name of wanted) await admin.fetchTopicOffsets(name);
  } finally {
    await admin.disconnect();
  }
}

/** Resolves when a consumer group can be joined; a new broker first has to create its offsets topic. */
export async function ensureGroup({ kafka, group }: KafkaConnection, name: string): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    await admin.describeGroups([group(name)]);
  } finally {
    await admin.disconnect();
  }
}
