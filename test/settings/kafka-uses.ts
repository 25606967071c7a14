import { TOPICS, type TopicName } from '@wxa/contracts';
import { type KafkaConnection, RecordConsumer, SerialProducer, TailFollower } from '@wxa/kafka';

export const SILENT = { error: () => undefined, warn: () => undefined, info: () => undefined };

/** Sends one record, which is a dead letter, an unknown outcome or an unknown audit. */
export async function writeTo(connection: KafkaConnection, topic: string): Promise<void> {
  const producer = new SerialProducer(connection);
  const message = { key: 'key', value: Buffer.from('test') };
  await producer
    .send([{ topic: connection.topic(topic as TopicName), message }])
    .finally(() => producer.disconnect());
}

/** Reads as the worker does, until Kafka denies it. */
export async function consumeUntilDenied(
  connection: KafkaConnection,
  topic: TopicName,
  group: string,
): Promise<never> {
  let onFatal: (error: Error) => void = () => undefined;
  const denied = new Promise<never>((_resolve, reject) => {
    onFatal = reject;
  });
  const handlers = { onRecord: () => undefined, onAssigned: () => undefined, onFatal };
  const consumer = new RecordConsumer(connection, { topic, group, logger: SILENT }, handlers);
  const started = consumer.start();
  return Promise.race([denied, started.then(() => denied)]).finally(async () => {
    await started.catch(() => undefined);
    await consumer.stop();
  });
}

/** Follows as the gateway does, until it logs that Kafka denies it. */
export async function followUntilDenied(connection: KafkaConnection): Promise<never> {
  let error: (fields: object, message: string) => void = () => undefined;
  const denied = new Promise<never>((_resolve, reject) => {
    error = (_fields, message) => reject(new Error(message));
  });
  const options = { logger: { ...SILENT, error }, onMessage: () => undefined };
  const follower = new TailFollower(connection, TOPICS.outcomes, options);
  return denied.finally(() => follower.stop());
}
