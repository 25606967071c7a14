import type { TopicName } from '@wxa/contracts';

/** What the library reports for metrics. Must not throw. */
export interface KafkaObserver {
  /** kafkajs logged an error or a warning. @param component its namespace. */
  failed(component: string): void;
  /** Kafka acknowledged an event of the outbox. */
  published(topic: TopicName): void;
  /** Kafka acknowledged one send of the outbox. */
  sent(seconds: number): void;
}
