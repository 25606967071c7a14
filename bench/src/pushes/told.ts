import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';

const QUIET_MS = 5_000;

/** The ids of all events on a topic, each with how often it is there. */
export async function eventsOn(
  brokers: string,
  topic: string,
  expected: number,
): Promise<Map<string, number>> {
  const kafka = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `bench-${randomUUID()}`, maxWaitTimeInMs: 100 });
  const events = new Map<string, number>();
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    let timer = setTimeout(resolve, 4 * QUIET_MS);
    const eachMessage = async ({ message }: kafkajs.EachMessagePayload) => {
      const id = String(message.headers?.ce_id);
      events.set(id, (events.get(id) ?? 0) + 1);
      clearTimeout(timer);
      if (events.size >= expected) resolve();
      else timer = setTimeout(resolve, QUIET_MS);
    };
    consumer.run({ eachMessage }).catch(reject);
  });
  await consumer.disconnect();
  return events;
}
