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
  { name: OURS, title: 'this product' },
  { name: 'nest-each-message', title: 'kafkajs, `eachMessage`', share: 1 / 50 },
  { name: 'nest-partitions', title: 'kafkajs, 100 partitions' },
  { name: 'graphile-worker', title: 'graphile-worker', share: 1 / 8 },
  { name: 'pg-boss', title: 'pg-boss' },
  { name: 'bullmq', title: 'BullMQ', needsRedis: true },
];
