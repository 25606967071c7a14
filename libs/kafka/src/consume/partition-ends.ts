import type { TopicName } from '@wxa/contracts';
import kafkajs from 'kafkajs';
import type { KafkaConnection } from '../connection.js';
import type { RecordConsumer } from './record-consumer.js';

/** The ends of a topic's partitions, and how far a consumer has read. */
export class PartitionEnds {
  readonly #partitionOf = kafkajs.Partitioners.DefaultPartitioner();

  constructor(
    private readonly connection: KafkaConnection,
    private readonly source: { topic: TopicName; group: string },
    private readonly consumer: Pick<RecordConsumer, 'position' | 'assigned'>,
  ) {}

  /**
   * Finds the partitions that the consumer has read up to their end at the time of the call.
   * @returns a function from a key to its partition, undefined for other partitions.
   */
  async readToEnd(): Promise<(key: string) => number | undefined> {
    const { kafka, topic: nameOf, group } = this.connection;
    const topic = nameOf(this.source.topic);
    const admin = kafka.admin();
    await admin.connect();
    try {
      const ends = await admin.fetchTopicOffsets(topic);
      const [committed] = await admin.fetchOffsets({ groupId: group(this.source.group), topics: [topic] });
      const committedOf = new Map(committed?.partitions.map(({ partition, offset }) => [partition, offset]));
      const assigned = new Set(this.consumer.assigned);
      const read = new Set(
        ends
          .filter(({ partition, high, low }) => {
            const from = BigInt(committedOf.get(partition) ?? -1);
            const position = this.consumer.position(partition) ?? (from < 0n ? BigInt(low) : from);
            return assigned.has(partition) && position >= BigInt(high);
          })
          .map(({ partition }) => partition),
      );
      return (key) => {
        const partition = this.#partition(topic, key, ends.length);
        return read.has(partition) ? partition : undefined;
      };
    } finally {
      await admin.disconnect();
    }
  }

  #partition(topic: string, key: string, count: number): number {
    const partitionMetadata = Array.from({ length: count }, (_, partitionId) => ({
      ...{ partitionErrorCode: 0, partitionId, leader: 0, replicas: [], isr: [] },
    }));
    return this.#partitionOf({ topic, partitionMetadata, message: { key, value: null } });
  }
}
