import { setImmediate } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { Sweeper } from './sweeper.js';

it('goes on deleting at each look until nothing old is left, then rests', async () => {
  const deleted = [5_000, 3, 0];
  const store = {
    requeue: async () => 0,
    requeueLost: async () => 0,
    deleteOldMedia: async () => undefined,
    deleteOld: async () => deleted.shift() ?? Number.NaN,
  };
  const failures: unknown[] = [];
  const sweeper = new Sweeper(store, {
    retention: { queriesMs: 1, changesMs: 1 },
    onFailure: (error) => failures.push(error),
    onRequeued: () => undefined,
  });
  const left: number[] = [];
  for (const _look of [1, 2, 3]) {
    sweeper.kick();
    await setImmediate();
    left.push(deleted.length);
  }
  deleted.push(1);
  sweeper.kick();
  await setImmediate();
  expect(left).toEqual([2, 1, 0]);
  expect(deleted).toEqual([1]);
  expect(failures).toEqual([]);
});
