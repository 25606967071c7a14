import { describe, expect, it } from '@jest/globals';
import { METHODS } from '@wxa/contracts';
import { WorkersBehind } from './workers-behind.js';

const ALL = Object.keys(METHODS);
const worker = (methods: string[]) => ({ version: '0.2.0', methods, ratePerApi: 0 });

/** Whether a worker is behind, once these workers have been read; before, and if they cannot be read. */
async function isAny(...lists: string[][]): Promise<{ before: boolean; after: boolean }> {
  const behind = new WorkersBehind({ workers: async () => lists.map(worker) }, () => undefined);
  const before = behind.isAny;
  behind.start();
  await new Promise((resolve) => setImmediate(resolve));
  behind.stop();
  return { before, after: behind.isAny };
}

describe('WorkersBehind', () => {
  it('A worker that lacks a method is behind; one that knows more, or the same, is not', async () => {
    expect(await isAny(ALL, ALL.slice(1))).toEqual({ before: true, after: true });
    expect(await isAny(ALL, [...ALL, 'NewMethod'])).toEqual({ before: true, after: false });
  });

  it('While the workers cannot be read for the first time, one may be behind', async () => {
    const failures: unknown[] = [];
    const failing = { workers: () => Promise.reject(new Error('unavailable')) };
    const behind = new WorkersBehind(failing, (error) => failures.push(error));
    behind.start();
    await new Promise((resolve) => setImmediate(resolve));
    behind.stop();
    expect([behind.isAny, failures.length]).toEqual([true, 1]);
  });
});
