import type { Admin, ITopicConfig } from 'kafkajs';
import { eventually } from './eventually.js';

/**
 * Creates topics. Resolves when the leaders of their partitions answer: a broker announces a topic before it has learned of it
 * itself, and kafkajs waits for neither.
 */
export async function createTopics(admin: Admin, topics: ITopicConfig[]): Promise<void> {
  await admin.createTopics({ waitForLeaders: false, topics });
  await eventually(() => Promise.all(topics.map(({ topic }) => admin.fetchTopicOffsets(topic))));
}
