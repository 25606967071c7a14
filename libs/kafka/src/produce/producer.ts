import { Batcher } from '@wxa/postgres';
import kafkajs, { type ICustomPartitioner, type Message, type Producer, type ProducerBatch } from 'kafkajs';
import { namingDenial } from '../authorization.js';
import type { KafkaConnection } from '../connection.js';

/** A message and the name of its topic at the broker. */
export interface TopicMessage {
  topic: string;
  message: Message;
}

const PERMANENT_REJECTIONS = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
]);

/** Kafka's error code if it permanently rejects a request; undefined if a retry may succeed. */
export function permanentRejection(error: unknown): string | undefined {
  return error instanceof kafkajs.KafkaJSProtocolError && PERMANENT_REJECTIONS.has(error.type)
    ? error.type
    : undefined;
}

/**
 * A producer with one request in flight batches messages meanwhile: kafkajs loses or reorders those of concurrent
 * sends if a response is lost. An acknowledgement of each partition is required, because kafkajs reports success
 * without sending to one whose new leader has already responded for others.
 */
export class SerialProducer {
  readonly #producer: Producer;
  readonly #sends: Batcher<TopicMessage[], undefined>;
  /** The partitions of the request in flight that have no acknowledgement yet. */
  readonly #wanted = new Set<string>();
  #connected: Promise<void> | undefined;

  constructor({ kafka }: KafkaConnection) {
    this.#producer = kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: () => this.#partitioner(),
    });
    this.#sends = new Batcher((batches) => this.#send(batches), {
      maxBatch: 500,
      maxWaiting: 10_000,
      parallel: 1,
      // A rejected batch does not fail the others.
      splitOn: (error) => permanentRejection(error) !== undefined,
    });
  }

  /** Sends messages; the order within each partition is preserved. */
  async send(messages: TopicMessage[]): Promise<void> {
    await this.#sends.add(messages);
  }

  async disconnect(): Promise<void> {
    await this.#producer.disconnect();
  }

  async #send(batches: TopicMessage[][]): Promise<undefined[]> {
    await this.#connect();
    this.#wanted.clear();
    const topicMessages = byTopic(batches.flat());
    const acknowledgements = await this.#producer
      .sendBatch({ acks: -1, topicMessages })
      .catch((error: unknown) => {
        const topic = topicMessages.map(({ topic }) => topic).join(', ');
        throw namingDenial(error, { topic, operation: 'Write' });
      });
    for (const { topicName, partition } of acknowledgements)
      this.#wanted.delete(partitionName(topicName, partition));
    const [unacknowledged] = this.#wanted;
    if (unacknowledged !== undefined)
      throw new Error(`no produce acknowledgement for partition ${unacknowledged}`);
    return batches.map(() => undefined);
  }

  /** Java's murmur2, as in the contract; records the chosen partitions. */
  #partitioner(): ReturnType<ICustomPartitioner> {
    const anyPartition = kafkajs.Partitioners.DefaultPartitioner();
    return (args) => {
      const { topic, partitionMetadata, message } = args;
      const partition = message.key ? partitionOf(message.key, partitionMetadata.length) : anyPartition(args);
      this.#wanted.add(partitionName(topic, partition));
      return partition;
    };
  }

  #connect(): Promise<void> {
    this.#connected ??= this.#producer.connect().catch((error: unknown) => {
      this.#connected = undefined;
      throw error;
    });
    return this.#connected;
  }
}

function partitionName(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

function byTopic(messages: TopicMessage[]): NonNullable<ProducerBatch['topicMessages']> {
  const topics = new Map<string, Message[]>();
  for (const { topic, message } of messages) {
    const list = topics.get(topic);
    if (list === undefined) topics.set(topic, [message]);
    else list.push(message);
  }
  return [...topics].map(([topic, list]) => ({ topic, messages: list }));
}

const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/** The partition of a key, as Java's producer chooses it: by murmur2, which kafkajs computes with a BigInt for each step. */
export function partitionOf(key: Buffer | string, partitions: number): number {
  return (murmur2(Buffer.from(key)) & 0x7fffffff) % partitions;
}

/** Source: https://github.com/apache/kafka/blob/4.1.0/clients/src/main/java/org/apache/kafka/common/utils/Utils.java */
function murmur2(data: Buffer): number {
  const rest = data.length % 4;
  const end = data.length - rest;
  let hash = SEED ^ data.length;
  for (let at = 0; at < end; at += 4) {
    const word = Math.imul(data.readInt32LE(at), M);
    hash = Math.imul(hash, M) ^ Math.imul(word ^ (word >>> 24), M);
  }
  if (rest > 0) hash = Math.imul(hash ^ data.readUIntLE(end, rest), M);
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}
