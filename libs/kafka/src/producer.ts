import { Batcher } from '@wxa/store';
import kafkajs, { type Message, type Producer, type ProducerBatch } from 'kafkajs';
import type { KafkaConnection } from './connection.js';

/** A message and the topic it goes to, by its name at the broker. */
export interface TopicMessage {
  topic: string;
  message: Message;
}

const REFUSALS = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
]);

/** Why Kafka will never take what was sent, by its own name for it; undefined where it may later. */
export function refusalOf(error: unknown): string | undefined {
  return error instanceof kafkajs.KafkaJSProtocolError && REFUSALS.has(error.type) ? error.type : undefined;
}

/**
 * A producer that has one request under way at a time and gathers what comes meanwhile: kafkajs loses or
 * reorders messages where sends run side by side and a response is lost. Resolves when all replicas have it.
 */
export class SerialProducer {
  readonly #producer: Producer;
  readonly #sends: Batcher<TopicMessage[], undefined>;
  #connected: Promise<void> | undefined;

  constructor({ kafka }: KafkaConnection) {
    this.#producer = kafka.producer({
      allowAutoTopicCreation: false,
      // Java's murmur2, as the contract says; unnamed, kafkajs warns at every start.
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    this.#sends = new Batcher((batches) => this.#send(batches), {
      maxBatch: 500,
      maxWaiting: 10_000,
      parallel: 1,
      // One that is refused does not fail the others.
      splitOn: (error) => refusalOf(error) !== undefined,
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
    await this.#producer.sendBatch({ acks: -1, topicMessages: byTopic(batches.flat()) });
    return batches.map(() => undefined);
  }

  #connect(): Promise<void> {
    this.#connected ??= this.#producer.connect().catch((error: unknown) => {
      this.#connected = undefined;
      throw error;
    });
    return this.#connected;
  }
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
