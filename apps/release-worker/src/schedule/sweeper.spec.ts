import { setImmediate } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import type { Retained } from '@wxa/store';
import { Sweeper } from './sweeper.js';

it('Sweeper deletes a batch at each poll until none is left, and then pauses.', async () => {
  const deleted = [5_000, 3, 0];
  const store = {
    attachments: { deleteOld: async () => undefined },
    deleteOld: async (what: Retained) => (what === 'changes' ? (deleted.shift() ?? Number.NaN) : 0),
  };
  const failures: unknown[] = [];
  const sweeper = new Sweeper(store, {
    retention: { queriesMs: 1, changesMs: 1, trailMs: 1 },
    onFailure: (error) => failures.push(error),
  });
  const left: number[] = [];
  for (const _poll of [1, 2, 3]) {
    sweeper.wakeUp();
    await setImmediate();
    left.push(deleted.length);
  }
  deleted.push(1);
  sweeper.wakeUp();
  await setImmediate();
  expect(left).toEqual([2, 1, 0]);
  expect(deleted).toEqual([1]);
  expect(failures).toEqual([]);
});

it('Sweeper deletes rows of one table at each poll even if the delete of another fails or hangs.', async () => {
  const deleted: string[] = [];
  const answers: Record<Retained, () => Promise<number>> = {
    queries: () => new Promise(() => undefined),
    changes: async () => deleted.push('changes'),
    pushes: async () => {
      throw new Error('canceling statement due to statement timeout');
    },
    audits: async () => deleted.push('audits'),
    trail: async () => 0,
  };
  const store = {
    attachments: { deleteOld: () => Promise.reject(new Error('too slow')) },
    deleteOld: (what: Retained) => answers[what](),
  };
  const failures: unknown[] = [];
  const sweeper = new Sweeper(store, {
    retention: { queriesMs: 1, changesMs: 1, trailMs: 1 },
    onFailure: (error) => failures.push(error),
  });
  for (const _poll of [1, 2]) {
    sweeper.wakeUp();
    await setImmediate();
  }
  expect(deleted.toSorted()).toEqual(['audits', 'audits', 'changes', 'changes']);
  expect(failures.map(String).toSorted()).toEqual([
    'Error: canceling statement due to statement timeout',
    'Error: too slow',
  ]);
});
