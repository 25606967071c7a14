import { expect, it } from '@jest/globals';
import { runBatch } from './run-batch.js';

it('A batch runs every item once, at most four at a time, and reports those that succeeded and those that failed.', async () => {
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
  const { succeeded, failed } = await runBatch(items, run, (now) =>
    seen.push(now.succeeded.length + now.failed.length),
  );
  expect(ran.toSorted()).toEqual(items);
  expect([most, seen]).toEqual([4, items]);
  expect(succeeded.toSorted()).toEqual(items.filter((item) => item !== 3));
  expect(failed).toEqual([{ item: 3, error: new Error('three') }]);
});

it('A change that is of no item in particular is made once.', async () => {
  let times = 0;
  await runBatch(
    [undefined],
    async () => times++,
    () => {},
  );
  expect(times).toBe(1);
});
