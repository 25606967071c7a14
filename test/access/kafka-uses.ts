import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { jest } from '@jest/globals';
import { TOPICS, type TopicName } from '@wxa/contracts';
import { type KafkaConnection, RecordConsumer, SerialProducer, TailFollower } from '@wxa/kafka';
import { eventually } from '../eventually.js';

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

/** The fetch requests that a consumer writes to its sockets, until there is one. */
export async function fetchRequests(
  connection: KafkaConnection,
  topic: TopicName,
  group: string,
): Promise<Buffer[]> {
  const fetches: Buffer[] = [];
  // kafkajs writes each request at once: its length, then the API key (1 is Fetch) and its version.
  const write = jest.spyOn(Socket.prototype, 'write').mockImplementation(function (this: Socket, ...args) {
    const [bytes]: unknown[] = args;
    if (Buffer.isBuffer(bytes) && bytes.length > 8 && bytes.readInt16BE(4) === 1) fetches.push(bytes);
    return Duplex.prototype.write.apply(this, args as Parameters<Duplex['write']>);
  });
  const handlers = { onRecord: () => undefined, onAssigned: () => undefined, onFatal: () => undefined };
  const consumer = new RecordConsumer(connection, { topic, group, logger: SILENT }, handlers);
  try {
    await consumer.start();
    await eventually(() => fetches.length > 0);
  } finally {
    await consumer.stop();
    write.mockRestore();
  }
  return fetches;
}

/** Follows as the gateway does, until it logs that Kafka denies it. */
export async function followUntilDenied(connection: KafkaConnection): Promise<never> {
  let error: (fields: { error?: string }, message: string) => void = () => undefined;
  const denied = new Promise<never>((_resolve, reject) => {
    error = (fields, message) => reject(new Error(fields.error ?? message));
  });
  const options = { logger: { ...SILENT, error }, onMessage: () => undefined };
  const follower = new TailFollower(connection, TOPICS.outcomes, options);
  return denied.finally(() => follower.stop());
}
