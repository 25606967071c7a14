import { randomUUID } from 'node:crypto';
import { TOPICS } from '@wxa/contracts';
import {
  connectKafka,
  type KafkaConnection,
  type KafkaLogger,
  type OpenLimits,
  type ReceivedRecord,
  RecordConsumer,
} from '@wxa/kafka';
import kafkajs, { type Admin, type Consumer, type ISocketFactory, type Producer } from 'kafkajs';
import { createTopics } from '../create-topics.js';
import { eventually } from '../eventually.js';

export const TOPIC = TOPICS.commands;
export const GROUP = 'readers';
export const SILENT = { error: () => undefined, warn: () => undefined, info: () => undefined };

/** A RecordConsumer under test and what it received. */
export interface Reading {
  consumer: RecordConsumer;
  /** The underlying kafkajs consumer. */
  kafkajs: Consumer;
  records: ReceivedRecord[];
  /** The partitions of each assignment. */
  assignments: number[][];
  fatal: Error[];
}

/** Options of a consumer under test. */
export interface ReadingOptions {
  onRecord?: (record: ReceivedRecord) => void;
  onAssigned?: () => void;
  limits?: OpenLimits;
  throttleAbove?: number;
  connection?: KafkaConnection;
}

/** A topic for one test on the broker of the test run, with a producer and consumers of one group. */
export class TestTopic {
  readonly #readings: Reading[] = [];

  private constructor(
    private readonly partitions: number,
    readonly prefix: string,
    readonly connection: KafkaConnection,
    private readonly admin: Admin,
    private readonly producer: Producer,
  ) {}

  static async create(partitions: number): Promise<TestTopic> {
    const prefix = `t${randomUUID().slice(0, 8)}.`;
    const connection = connectionOf(prefix);
    const [admin, producer] = [connection.kafka.admin(), connection.kafka.producer()];
    await Promise.all([admin.connect(), producer.connect()]);
    const made = new TestTopic(partitions, prefix, connection, admin, producer);
    await made.#make();
    return made;
  }

  async #make(): Promise<void> {
    await createTopics(this.admin, [{ topic: this.name, numPartitions: this.partitions }]);
  }

  /** Deletes the topic with its records and creates it again. */
  async recreate(): Promise<void> {
    await this.admin.deleteTopics({ topics: [this.name] });
    await eventually(async () => !(await this.admin.listTopics()).includes(this.name));
    await this.#make();
  }

  get name(): string {
    return this.connection.topic(TOPIC);
  }

  async write(partition: number, values: string[]): Promise<void> {
    const messages = values.map((value) => ({ partition, value }));
    await this.producer.send({ topic: this.name, messages });
  }

  /** Starts another consumer of the group; resolves when it has partitions. */
  async read(options: ReadingOptions = {}): Promise<Reading> {
    const { connection = this.connection, onRecord, onAssigned, ...given } = options;
    let made: Consumer | undefined;
    const consumerOf: KafkaConnection['kafka']['consumer'] = (config) => {
      made = connection.kafka.consumer(config);
      return made;
    };
    const kafka = Object.assign(Object.create(connection.kafka), { consumer: consumerOf });
    const seen = { records: [] as ReceivedRecord[], assignments: [] as number[][], fatal: [] as Error[] };
    const consumer = new RecordConsumer(
      { ...connection, kafka },
      { topic: TOPIC, group: GROUP, logger: SILENT, ...given },
      {
        onRecord(record) {
          seen.records.push(record);
          onRecord?.(record);
        },
        onAssigned(partitions) {
          seen.assignments.push(partitions);
          onAssigned?.();
        },
        onFatal: (error) => seen.fatal.push(error),
      },
    );
    if (made === undefined) throw new Error('no consumer was made');
    const reading = { consumer, kafkajs: made, ...seen };
    this.#readings.push(reading);
    await consumer.start();
    await eventually(() => seen.assignments.length > 0);
    return reading;
  }

  /** The committed offset of each partition, or -1. */
  async committed(): Promise<number[]> {
    const groupId = this.connection.group(GROUP);
    const [topic] = await this.admin.fetchOffsets({ groupId, topics: [this.name] });
    const partitions = [...(topic?.partitions ?? [])].sort((a, b) => a.partition - b.partition);
    return partitions.map(({ offset }) => Number(offset));
  }

  /** The current contents of one partition, from its beginning. */
  async contents(partition: number): Promise<string[]> {
    const ends = await this.admin.fetchTopicOffsets(this.name);
    const end = Number(ends.find((one) => one.partition === partition)?.high);
    const groupId = this.connection.group(randomUUID());
    const consumer = this.connection.kafka.consumer({ groupId, maxWaitTimeInMs: 50 });
    const values: string[] = [];
    await consumer.connect();
    await consumer.subscribe({ topics: [this.name], fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ partition: from, message }) => {
        if (from === partition) values.push(String(message.value));
      },
    });
    await eventually(() => values.length >= end);
    await consumer.disconnect();
    return values;
  }

  async close(): Promise<void> {
    await Promise.all(this.#readings.map(({ consumer }) => consumer.stop()));
    await Promise.all([this.admin.disconnect(), this.producer.disconnect()]);
  }
}

/** A connection as in the apps, with a topic prefix; optionally with other sockets or brokers. */
export function connectionOf(
  topicPrefix: string,
  socketFactory?: ISocketFactory,
  brokers = (process.env.TEST_KAFKA_BROKERS ?? '').split(','),
  logger: KafkaLogger = SILENT,
): KafkaConnection {
  const connection = connectKafka({ brokers, clientId: 'test', topicPrefix, logger });
  if (socketFactory === undefined) return connection;
  const retry = { initialRetryTime: 100, maxRetryTime: 500, retries: 5 };
  const logLevel = kafkajs.logLevel.NOTHING;
  const kafka = new kafkajs.Kafka({ brokers, clientId: 'test', retry, logLevel, socketFactory });
  return { ...connection, kafka };
}

/** The values of records as text. */
export const valuesOf = (records: ReceivedRecord[]) => records.map(({ value }) => String(value));
