import { join } from 'node:path';
import TestSequencer from '@jest/test-sequencer';

/** The specs that take longest (70 s to 40 s), the longest first; those of one folder are in the order of their size. */
const SLOW = [
  ...['test/start/', 'test/failover/', 'test/outages/', 'test/crashes/', 'test/history/', 'test/restore/'],
  ...['test/dead-letters/', 'test/upgrade/', 'test/bounds/', 'test/release/', 'test/kafka/', 'test/'],
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
