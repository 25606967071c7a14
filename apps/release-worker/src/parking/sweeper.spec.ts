import { setImmediate } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { Sweeper } from './sweeper.js';

it('goes on deleting at each look until nothing old is left, then rests', async () => {
  const deleted = [5_000, 3, 0];
  const store = {
    deleteOldMedia: async () => undefined,
    deleteOld: async () => deleted.shift() ?? Number.NaN,
  };
  const failures: unknown[] = [];
  const sweeper = new Sweeper(store, {
    retention: { queriesMs: 1, changesMs: 1 },
    onFailure: (error) => failures.push(error),
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

it('deletes old operations where the files of uploads can not be deleted', async () => {
  let deletions = 0;
  const failures: unknown[] = [];
  const sweeper = new Sweeper(
    {
      deleteOldMedia: () => Promise.reject(new Error('too slow')),
      deleteOld: async () => {
        deletions += 1;
        return 0;
      },
    },
    { retention: { queriesMs: 1, changesMs: 1 }, onFailure: (error) => failures.push(error) },
  );
  sweeper.kick();
  await setImmediate();
  expect([deletions, String(failures)]).toEqual([1, 'Error: too slow']);
});
