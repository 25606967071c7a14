import type { Contender } from '@wxa/bench';
import { bullmq } from './bullmq.js';
import { graphileWorker } from './graphile.js';
import { nestEachMessage, nestPartitions } from './nest-kafka.js';
import { pgBoss } from './pg-boss.js';

/** By the names in bench/src/contenders/contender-list.ts. */
export const contenders: Record<string, Contender> = {
  'nest-each-message': nestEachMessage,
  'nest-partitions': nestPartitions,
  'graphile-worker': graphileWorker,
  'pg-boss': pgBoss,
  bullmq,
};
