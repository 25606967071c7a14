import { randomUUID } from 'node:crypto';
import { TOPICS } from '@wxa/contracts';
import kafkajs from 'kafkajs';
import { eventually } from '../eventually.js';

/** A message of a topic, without the deployment's prefix. */
export interface ReadMessage {
  topic: string;
  id: string;
  type: string;
  source: string;
  time: string;
  value: string;
}

/** All messages of the topics of a deployment, up to their present ends. */
export async function readTopics(brokers: string, prefix: string): Promise<ReadMessage[]> {
  const kafka = new kafkajs.Kafka({ brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING });
  const admin = kafka.admin();
  const groupId = `${prefix}read-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 });
  const messages: ReadMessage[] = [];
  const topics = Object.values(TOPICS).map((topic) => prefix + topic);
  await admin.connect();
  try {
    let left = 0;
    for (const topic of topics) {
      const partitions = await admin.fetchTopicOffsets(topic);
      left += partitions.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
    }
    await consumer.connect();
    await consumer.subscribe({ topics, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ topic, message }) => {
        const header = (name: string) => String(message.headers?.[name] ?? '');
        messages.push({
          topic: topic.slice(prefix.length),
          id: header('ce_id'),
          type: header('ce_type'),
          source: header('ce_source'),
          time: header('ce_time'),
          value: String(message.value ?? ''),
        });
      },
    });
    await eventually(() => messages.length >= left);
    return messages;
  } finally {
    await consumer.disconnect();
    await admin.deleteGroups([groupId]).catch(() => undefined);
    await admin.disconnect();
  }
}

/** The sources and values of events by their `ce_id`. Throws if one has two. */
export function valuesById(messages: ReadMessage[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const { id, source, value: text } of messages) {
    const value = `${source}\n${text}`;
    const known = values.get(id);
    if (known !== undefined && known !== value) throw new Error(`${id} has two values:\n${known}\n${value}`);
    values.set(id, value);
  }
  return values;
}
