import { expect, it } from '@jest/globals';
import { METHODS } from '@wxa/contracts';
import { WorkersBehind } from './workers-behind.js';

const ALL = Object.keys(METHODS);
const worker = (methods: string[]) => ({ version: '0.2.0', methods, ratePerApi: 0 });

/** Whether a worker is behind before these workers have been read and then, and how often they could not be. */
async function isAny(workers: () => Promise<string[][]>) {
  const failures: unknown[] = [];
  const read = { workers: async () => (await workers()).map(worker) };
  const behind = new WorkersBehind(read, (error) => failures.push(error));
  const before = behind.isAny;
  behind.start();
  await new Promise((resolve) => setImmediate(resolve));
  behind.stop();
  return { before, after: behind.isAny, failures: failures.length };
}

it.each<[string, () => Promise<string[][]>, boolean, number]>([
  ['is behind if it lacks a method', async () => [ALL, ALL.slice(1)], true, 0],
  ['is not behind if it knows more or the same', async () => [ALL, [...ALL, 'NewMethod']], false, 0],
  ['may be behind while it cannot be read', () => Promise.reject(new Error('unavailable')), true, 1],
])('A worker %s', async (_, workers, after, failures) => {
  expect(await isAny(workers)).toEqual({ before: true, after, failures });
});
