import { expect, it } from '@jest/globals';
import { FairQueue } from './fair-queue.js';

it('serves keys in turn and what waits under one key in order', () => {
  const queue = new FairQueue<string>();
  for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) queue.push(item.charAt(0), item);
  const served = Array.from({ length: 7 }, () => queue.shift());
  expect(served).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', undefined]);
  expect(queue.length).toBe(0);
});

it('serves a new key after one of each key that waited before it', () => {
  const queue = new FairQueue<string>();
  for (let i = 0; i < 20_000; i++) queue.push('commit', `commit ${i}`);
  queue.shift();
  queue.push('release', 'release');
  expect([queue.shift(), queue.shift()]).toEqual(['commit 1', 'release']);
});
