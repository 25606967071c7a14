import type { TopicName } from '@wxa/contracts';
import type { Admin } from 'kafkajs';
import type { KafkaConnection } from '../connection.js';
import type { RecordConsumer } from './record-consumer.js';

const EVERY_MS = 10_000;
/** After this many failed reads in a row, the last one is out of date. */
const MAX_FAILURES = 3;

/** Reads every 10 s how far a consumer group is behind the ends of the partitions that this process holds. */
export class ConsumerLag {
  #admin: Admin | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;
  #failures = 0;
  #last: { records: number; partitions: number } | undefined;

  constructor(
    private readonly connection: KafkaConnection,
    private readonly source: { topic: TopicName; group: string },
    private readonly consumer: Pick<RecordConsumer, 'assigned'>,
  ) {}

  start(): void {
    this.#poll();
    this.#timer = setInterval(() => this.#poll(), EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#admin?.disconnect().catch(() => undefined);
  }

  /** Records behind, and the number of the topic's partitions; undefined if Kafka did not answer. */
  get last(): { records: number; partitions: number } | undefined {
    return this.#last;
  }

  #poll(): void {
    this.#reading ??= this.#read()
      .then(
        (read) => {
          this.#last = read;
          this.#failures = 0;
        },
        () => this.#failed(),
      )
      .finally(() => {
        this.#reading = undefined;
      });
  }

  async #failed(): Promise<void> {
    this.#failures += 1;
    if (this.#failures >= MAX_FAILURES) this.#last = undefined;
    const admin = this.#admin;
    this.#admin = undefined;
    await admin?.disconnect().catch(() => undefined);
  }

  async #read(): Promise<{ records: number; partitions: number }> {
    const { topic: nameOf, group } = this.connection;
    const topic = nameOf(this.source.topic);
    const admin = await this.#connected();
    const ends = await admin.fetchTopicOffsets(topic);
    const [found] = await admin.fetchOffsets({ groupId: group(this.source.group), topics: [topic] });
    const committed = new Map(found?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
    const assigned = new Set(this.consumer.assigned);
    const records = ends
      .filter(({ partition }) => assigned.has(partition))
      .map(({ partition, high, low }) => Number(high) - Math.max(committed.get(partition) ?? -1, Number(low)))
      .reduce((sum, behind) => sum + Math.max(0, behind), 0);
    return { records, partitions: ends.length };
  }

  async #connected(): Promise<Admin> {
    if (this.#admin !== undefined) return this.#admin;
    const admin = this.connection.kafka.admin();
    await admin.connect();
    this.#admin = admin;
    return admin;
  }
}
