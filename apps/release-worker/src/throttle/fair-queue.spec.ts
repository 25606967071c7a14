import { expect, it } from '@jest/globals';
import { FairQueue } from './fair-queue.js';

const shiftAll = (queue: FairQueue<string>) => Array.from({ length: queue.length + 1 }, () => queue.shift());

it('FairQueue serves items in order of arrival while few wait.', () => {
  const queue = new FairQueue<string>(6);
  const items = ['a1', 'a2', 'b1', 'a3', 'c1', 'b2'];
  for (const item of items) queue.push(item.charAt(0), item);
  expect(shiftAll(queue)).toEqual([...items, undefined]);
  expect(queue.length).toBe(0);
});

it('FairQueue serves keys round-robin and the items of a key in order while many wait.', () => {
  const queue = new FairQueue<string>(0);
  for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) queue.push(item.charAt(0), item);
  expect(shiftAll(queue)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', undefined]);
});

it('FairQueue serves a new key after one item of each waiting key, even behind 20,000 items of one key.', () => {
  const queue = new FairQueue<string>(1_000);
  for (let i = 0; i < 20_000; i++) queue.push('commit', `commit ${i}`);
  queue.shift();
  queue.push('release', 'release');
  expect([queue.shift(), queue.shift()]).toEqual(['commit 1', 'release']);
});
