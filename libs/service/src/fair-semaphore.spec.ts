import { expect, it } from '@jest/globals';
import { FairSemaphore } from './fair-semaphore.js';

it('FairSemaphore(2) runs at most 2 tasks concurrently, in order of arrival, and continues after a failed task', async () => {
  const semaphore = new FairSemaphore(2);
  const started: number[] = [];
  let running = 0;
  let most = 0;
  const work = (n: number) =>
    semaphore.run(async () => {
      started.push(n);
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      if (n === 1) throw new Error('no');
      return n;
    });
  const ended = await Promise.allSettled([0, 1, 2, 3, 4, 5].map(work));
  expect(ended.map(({ status }) => status === 'fulfilled')).toEqual([true, false, true, true, true, true]);
  expect(started).toEqual([0, 1, 2, 3, 4, 5]);
  expect(most).toBe(2);
});

it('An owner with many tasks delays the only task of another by one task', async () => {
  const semaphore = new FairSemaphore(1);
  const ended: string[] = [];
  const work = (of: string) => semaphore.run(async () => void ended.push(of), of);
  await Promise.all([...Array.from({ length: 20 }, () => work('greedy')), work('other'), work('third')]);
  expect(ended.slice(0, 6)).toEqual(['greedy', 'greedy', 'other', 'third', 'greedy', 'greedy']);
  expect(ended).toHaveLength(22);
});

it('FairSemaphore(3, 2) runs two tasks of one owner at most, and those of others beside them', async () => {
  const semaphore = new FairSemaphore(3, 2);
  const begun: string[] = [];
  const begin = async (owner: string, name: string) => {
    const end = await semaphore.begin(owner);
    begun.push(name);
    return end;
  };
  const [first, second] = ['a1', 'a2', 'a3', 'a4'].map((name) => begin('a', name));
  const end = await first;
  await second;
  expect([begun, semaphore.waiting]).toEqual([['a1', 'a2'], 2]);
  const other = await begin('b', 'b1');
  void begin('c', 'c1');
  other();
  end?.();
  await new Promise((resolve) => setImmediate(resolve));
  expect([begun, semaphore.waiting]).toEqual([['a1', 'a2', 'b1', 'c1', 'a3'], 1]);
});
