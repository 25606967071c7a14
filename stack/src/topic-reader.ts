import '@wxa/kafka/kafkajs-patches';
import { TOPICS } from '@wxa/contracts';
import kafkajs, { type Consumer, type EachMessagePayload, type Kafka, type KafkaConfig } from 'kafkajs';
import { waitUntil } from './processes/wait.js';

const READ_WITHIN_MS = 60_000;

/** A message read from Kafka. */
export interface KafkaEvent {
  topic: string;
  partition: number;
  offset: string;
  /** When the broker received it, in epoch milliseconds. */
  at: number;
  key: string;
  id: string;
  type: string;
  value: string;
}

/** Reads all topics from the beginning, as any consumer can. */
export class TopicReader {
  readonly events: KafkaEvent[] = [];
  readonly #seen = new Set<string>();
  readonly #kafka: Kafka;
  readonly #consumer: Consumer;

  /**
   * @param cluster its addresses and how to connect.
   * @param group must not have read anything yet.
   * @param onEvent is called for each message when it is read the first time; `header` returns '' for an absent one.
   */
  constructor(
    cluster: Pick<KafkaConfig, 'brokers' | 'ssl' | 'sasl'>,
    group: string,
    private readonly onEvent: (event: KafkaEvent, header: (name: string) => string) => void = () => undefined,
  ) {
    this.#kafka = new kafkajs.Kafka({
      ...cluster,
      logLevel: kafkajs.logLevel.NOTHING,
      // Brokers are killed: the reader continues when they are back.
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 100, restartOnFailure: async () => true },
    });
    this.#consumer = this.#kafka.consumer({ groupId: group, maxWaitTimeInMs: 200, sessionTimeout: 10_000 });
  }

  async start(): Promise<void> {
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: Object.values(TOPICS), fromBeginning: true });
    await this.#consumer.run({ eachMessage: async (payload) => this.#record(payload) });
  }

  /** Resolves when everything now on the topics has been read; rejects after a minute. */
  async toTheEnd(): Promise<void> {
    const admin = this.#kafka.admin();
    await admin.connect();
    const ends: { topic: string; partition: number; last: number }[] = [];
    // One at a time: kafkajs shares one refresh of the metadata, which may not name a topic that was added meanwhile.
    for (const topic of Object.values(TOPICS)) {
      const partitions = await admin.fetchTopicOffsets(topic);
      ends.push(...partitions.map(({ partition, high }) => ({ topic, partition, last: Number(high) - 1 })));
    }
    await admin.disconnect();
    const missing = () =>
      ends.find(
        ({ topic, partition, last }) => last >= 0 && !this.#seen.has(`${topic}/${partition}/${last}`),
      );
    const probe = async () => {
      const found = missing();
      if (found) throw new Error(`${found.topic}/${found.partition}/${found.last} has not been read`);
    };
    await waitUntil(probe, { name: 'the end of the topics', timeoutMs: READ_WITHIN_MS });
  }

  /** `topic/partition/offset` of every message that was read. */
  get places(): string[] {
    return [...this.#seen];
  }

  async stop(): Promise<void> {
    await this.#consumer.disconnect();
  }

  #record({ topic, partition, message }: EachMessagePayload): void {
    const place = `${topic}/${partition}/${message.offset}`;
    if (this.#seen.has(place)) return;
    this.#seen.add(place);
    const header = (name: string) => String(message.headers?.[name] ?? '');
    const event = {
      topic,
      partition,
      offset: message.offset,
      at: Number(message.timestamp),
      key: String(message.key ?? ''),
      id: header('ce_id'),
      type: header('ce_type'),
      value: String(message.value ?? ''),
    };
    this.events.push(event);
    this.onEvent(event, header);
  }
}
