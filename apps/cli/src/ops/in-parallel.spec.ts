import { expect, it } from '@jest/globals';
import { inParallel } from './in-parallel.js';

it('inParallel rejects with the first error when no call is in progress any more, and begins no further one.', async () => {
  const begun: number[] = [];
  let [inProgress, done] = [0, 0];
  const act = async (item: number) => {
    begun.push(item);
    inProgress += 1;
    for (let turn = 0; turn < item; turn += 1) await undefined;
    inProgress -= 1;
    if (item === 3) throw new Error('of a test');
    done += 1;
  };
  await expect(inParallel([...Array(50).keys()], act)).rejects.toThrow('of a test');
  expect(inProgress).toBe(0);
  expect(begun.length).toBeLessThan(20);
  expect(done).toBe(begun.length - 1);
});
