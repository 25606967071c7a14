import { setTimeout as delay } from 'node:timers/promises';
import { TOPICS } from '@wxa/contracts';
import { type KafkaConnection, logDenial, type ReceivedRecord, type SerialProducer } from '@wxa/kafka';
import type { Logger } from '@wxa/service';

const RETRY_MS = 1_000;

/** Publishes records that cannot be processed to the dead-letter topic: key, value, headers and the reason. */
export class DeadLetters {
  constructor(
    private readonly connection: KafkaConnection,
    private readonly producer: SerialProducer,
    private readonly onPublished: (reason: string) => void,
    private readonly logger: Logger,
  ) {}

  /** Retries until Kafka acknowledges the record, which must not be lost. */
  async publish(record: ReceivedRecord, reason: string): Promise<void> {
    const { key, value, headers, topic, partition, offset } = record;
    const message = {
      key,
      value,
      headers: {
        ...headers,
        'dlq.topic': topic,
        'dlq.partition': String(partition),
        'dlq.offset': offset,
        'dlq.reason': reason,
        'dlq.time': new Date().toISOString(),
      },
    };
    while (record.isCurrent()) {
      try {
        await this.producer.send([{ topic: this.connection.topic(TOPICS.deadLetters), message }]);
        this.onPublished(reason);
        const name = key?.toString('utf8').slice(0, 100) ?? null;
        this.logger.warn({ topic, partition, offset, key: name, reason }, 'dead letter');
        return;
      } catch (error) {
        logDenial(this.logger, error);
        await delay(RETRY_MS);
      }
    }
  }
}
