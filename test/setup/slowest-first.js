import { join } from 'node:path';
import TestSequencer from '@jest/test-sequencer';

/** The specs that take longest (70 s to 40 s), the longest first; those of one folder are in the order of their size. */
const SLOW = [
  'test/start/stack.spec.ts',
  'test/failover/rolling-update.spec.ts',
  'test/outages/kafka-and-postgres-outages.spec.ts',
  'test/crashes/workers-lost.spec.ts',
  'test/history/late-standby.spec.ts',
  'test/restore/restore.spec.ts',
  'test/start/demo.spec.ts',
  'test/dead-letters/dlq.spec.ts',
  'test/failover/synchronous-standby.spec.ts',
  'test/release/quota.spec.ts',
  'test/restore/point-in-time.spec.ts',
  'test/upgrade/workers-behind.spec.ts',
  'test/bounds/statement-rows.spec.ts',
  'test/crashes/',
  'test/release/',
  'test/bounds/',
  'test/kafka/',
  'test/',
];

/**
 * Starts slow specs first, so that no worker of Jest ends the run alone with one. Jest does so itself once it has measured
 * all of them, which is not the case on a fresh clone.
 */
export default class SlowestFirst extends TestSequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    if (sorted.every(({ duration }) => duration !== undefined)) return sorted;
    return sorted.toSorted((one, other) => rank(one) - rank(other));
  }
}

function rank({ path, context }) {
  const index = SLOW.findIndex((start) => path.startsWith(join(context.config.rootDir, start)));
  return index < 0 ? SLOW.length : index;
}
