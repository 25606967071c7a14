import { TOPICS } from '@wxa/contracts';
import { waitUntil } from '@wxa/stack';
import kafkajs, { type Consumer, type EachMessagePayload, type Kafka } from 'kafkajs';
import type { KafkaEvent } from '../history.js';

const READ_WITHIN_MS = 60_000;

/** Reads all topics from the beginning, as any consumer can. */
export class TopicReader {
  readonly events: KafkaEvent[] = [];
  /** When messages of the outcomes topic were read, in epoch milliseconds. */
  readonly outcomesAt: number[] = [];
  readonly #seen = new Set<string>();
  readonly #kafka: Kafka;
  readonly #consumer: Consumer;

  /** @param group must not have read anything yet. */
  constructor(brokers: string, group: string) {
    this.#kafka = new kafkajs.Kafka({
      brokers: brokers.split(','),
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
    const ends = await Promise.all(
      Object.values(TOPICS).map(async (topic) => {
        const partitions = await admin.fetchTopicOffsets(topic);
        return partitions.map(({ partition, high }) => ({ topic, partition, last: Number(high) - 1 }));
      }),
    );
    await admin.disconnect();
    const missing = () =>
      ends
        .flat()
        .find(({ topic, partition, last }) => last >= 0 && !this.#seen.has(`${topic}/${partition}/${last}`));
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
    if (topic === TOPICS.outcomes) this.outcomesAt.push(Date.now());
    const header = (name: string) => String(message.headers?.[name] ?? '');
    this.events.push({
      topic,
      partition,
      offset: message.offset,
      at: Number(message.timestamp),
      key: String(message.key ?? ''),
      id: header('ce_id'),
      type: header('ce_type'),
      value: String(message.value ?? ''),
    });
  }
}
