/** A contender, with its name in the tables. */
export interface ContenderInfo {
  name: string;
  title: string;
  /** The share of the jobs (at least one round) of a contender that is so slow that a turn would take minutes. */
  share?: number;
  needsRedis?: boolean;
}

export const OURS = 'ours';

/** All contenders in the order of their turns. */
export const CONTENDERS: ContenderInfo[] = [
  { name: OURS, title: 'this product: gateway, Kafka, one worker, PostgreSQL' },
  { name: 'nest-each-message', title: 'NestJS `@EventPattern` on kafkajs `eachMessage`', share: 1 / 50 },
  { name: 'nest-partitions', title: 'the same, 100 partitions, `partitionsConsumedConcurrently: 100`' },
  { name: 'graphile-worker', title: 'graphile-worker, a named queue for each mini-program', share: 1 / 8 },
  { name: 'pg-boss', title: 'pg-boss, policy `key_strict_fifo` by mini-program' },
  { name: 'bullmq', title: 'BullMQ on Redis, which has no order by key', needsRedis: true },
];
