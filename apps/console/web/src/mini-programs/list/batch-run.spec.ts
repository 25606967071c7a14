import { expect, it } from '@jest/globals';
import { labelsAfter, runAll } from './batch-run.js';

it('A batch runs every item once, at most four at a time, and reports those that failed.', async () => {
  let running = 0;
  let most = 0;
  const ran: number[] = [];
  const seen: number[] = [];
  const run = async (item: number) => {
    most = Math.max(most, ++running);
    await Promise.resolve();
    running--;
    ran.push(item);
    if (item === 3) throw new Error('three');
  };
  const items = Array.from({ length: 9 }, (_, i) => i + 1);
  const { done, failed } = await runAll(items, run, (progress) => seen.push(progress.done));
  expect(ran.toSorted()).toEqual(items);
  expect([done, most, seen.at(-1)]).toEqual([9, 4, 9]);
  expect(failed).toEqual([{ item: 3, error: new Error('three') }]);
});

it('Labels are added once and removed.', () => {
  expect(labelsAfter(['a', 'b'], ['b', 'c'], ['a'])).toEqual(['b', 'c']);
});
