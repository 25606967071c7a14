/** One contender as the tables name it. */
export interface Entry {
  name: string;
  what: string;
  /** Of the rounds, one at least, for contenders that are so slow that a turn would take minutes. */
  share?: number;
  needsRedis?: boolean;
}

export const OURS = 'ours';

/** In the order of their turns. */
export const FIELD: Entry[] = [
  { name: OURS, what: 'this product: gateway, Kafka, one worker, PostgreSQL' },
  { name: 'nest-each-message', what: 'NestJS `@EventPattern` on kafkajs `eachMessage`', share: 1 / 50 },
  { name: 'nest-partitions', what: 'the same, 100 partitions, `partitionsConsumedConcurrently: 100`' },
  { name: 'graphile-worker', what: 'graphile-worker, a named queue for each mini-program', share: 1 / 8 },
  { name: 'pg-boss', what: 'pg-boss, policy `key_strict_fifo` by mini-program' },
  { name: 'bullmq', what: 'BullMQ on Redis, which has no order by key', needsRedis: true },
];
