import { Batcher } from '@wxa/store';
import kafkajs, { type ICustomPartitioner, type Message, type Producer, type ProducerBatch } from 'kafkajs';
import type { KafkaConnection } from './connection.js';

/** A message and the topic it goes to, by its name at the broker. */
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

/** Why Kafka will never take what was sent, by its own name for it; undefined where it may later. */
export function permanentRejection(error: unknown): string | undefined {
  return error instanceof kafkajs.KafkaJSProtocolError && PERMANENT_REJECTIONS.has(error.type)
    ? error.type
    : undefined;
}

/**
 * A producer that has one request under way at a time and gathers what comes meanwhile: kafkajs loses or
 * reorders messages where sends run side by side and a response is lost. Resolves when all replicas have it: an answer
 * for each partition is wanted, since kafkajs sends a partition nowhere, and calls that sent, when its new leader is a
 * broker that has already answered for others.
 */
export class SerialProducer {
  readonly #producer: Producer;
  readonly #sends: Batcher<TopicMessage[], undefined>;
  /** The partitions of what is being sent. */
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
      // One that is refused does not fail the others.
      splitOn: (error) => permanentRejection(error) !== undefined,
    });
  }

  /** Sends messages in order; those of one partition stay in order. */
  async send(messages: TopicMessage[]): Promise<void> {
    await this.#sends.add(messages);
  }

  async disconnect(): Promise<void> {
    await this.#producer.disconnect();
  }

  async #send(batches: TopicMessage[][]): Promise<undefined[]> {
    await this.#connect();
    this.#wanted.clear();
    const answers = await this.#producer.sendBatch({ acks: -1, topicMessages: byTopic(batches.flat()) });
    for (const { topicName, partition } of answers) this.#wanted.delete(partitionName(topicName, partition));
    const [unanswered] = this.#wanted;
    if (unanswered !== undefined) throw new Error(`no produce acknowledgement for partition ${unanswered}`);
    return batches.map(() => undefined);
  }

  /** Java's murmur2, as the contract says; the choices are noted. */
  #partitioner(): ReturnType<ICustomPartitioner> {
    const choose = kafkajs.Partitioners.DefaultPartitioner();
    return (args) => {
      const partition = choose(args);
      this.#wanted.add(partitionName(args.topic, partition));
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
