import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';

const SILENCE_MS = 30_000;
const MAX_BYTES = 4 * 1024 * 1024;

/** The ids of all operations whose command is on the topic, each with how many records it has. */
export async function commandsOn(brokers: string, topic: string): Promise<Map<string, number>> {
  const kafka = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING });
  const expected = await recordsOn(kafka, topic);
  const consumer = kafka.consumer({
    groupId: `bench-${randomUUID()}`,
    maxWaitTimeInMs: 100,
    maxBytes: MAX_BYTES,
  });
  const counts = new Map<string, number>();
  let read = 0;
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    const silent = () => reject(new Error(`${read} of ${expected} records of ${topic} were read`));
    let timer = setTimeout(silent, SILENCE_MS);
    const eachBatch = async ({ batch }: kafkajs.EachBatchPayload) => {
      clearTimeout(timer);
      for (const { value } of batch.messages) {
        const id = JSON.parse(String(value)).operationId as string;
        counts.set(id, (counts.get(id) ?? 0) + 1);
      }
      read += batch.messages.length;
      if (read >= expected) resolve();
      else timer = setTimeout(silent, SILENCE_MS);
    };
    consumer.run({ eachBatch }).catch(reject);
  });
  await consumer.disconnect();
  return counts;
}

async function recordsOn(kafka: kafkajs.Kafka, topic: string): Promise<number> {
  const admin = kafka.admin();
  await admin.connect();
  const partitions = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  return partitions.reduce((all, { low, high }) => all + Number(high) - Number(low), 0);
}
