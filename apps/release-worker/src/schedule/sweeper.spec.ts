import { setImmediate } from 'node:timers/promises';
import { expect, it, jest } from '@jest/globals';
import type { Retained } from '@wxa/store';
import type { OldRowsOptions } from './retention.js';
import { Sweeper } from './sweeper.js';

/** A sweeper of the only worker over a store that deletes so; each poll ends before the next. */
function sweeping(deleteOld: (what: Retained) => Promise<number>, given: object = {}) {
  const seen = { failures: [] as string[], deleted: [] as [string, number][], clean: [] as unknown[] };
  const leases = { hold: async () => true, release: async () => undefined };
  const options: OldRowsOptions = {
    retention: { queriesMs: 1, changesMs: 1, trailMs: 1, rolloutsMs: 1 },
    onDeleted: (table, rows) => seen.deleted.push([table, rows]),
    onClean: (since) => seen.clean.push(since),
    onFailure: (error, table) => seen.failures.push(`${table}: ${error}`),
    onLease: () => undefined,
  };
  const store = { leases, attachments: { deleteOld: async () => undefined }, deleteOld, ...given };
  const sweeper = new Sweeper(store, options);
  const poll = async () => {
    sweeper.wakeUp();
    await setImmediate();
  };
  return { seen, poll };
}

it('Sweeper deletes a batch at each poll until none is left, and then pauses.', async () => {
  const deleted = [5_000, 3, 0];
  const { seen, poll } = sweeping(async (what) => (what === 'changes' ? (deleted.shift() ?? Number.NaN) : 0));
  for (const left of [2, 1, 0]) {
    await poll();
    expect(deleted).toHaveLength(left);
  }
  deleted.push(1);
  await poll();
  expect(deleted).toEqual([1]);
  expect(seen.failures).toEqual([]);
  const batches = [5_000, 3].map((rows) => ['operations', rows]);
  expect(seen.deleted.filter(([, rows]) => rows > 0)).toEqual(batches);
});

it('Sweeper deletes rows of one table at each poll even if the delete of another fails or hangs.', async () => {
  const deleted: string[] = [];
  const deleteOld = async (what: Retained) => {
    if (what === 'queries') return new Promise<never>(() => undefined);
    if (what === 'pushes') throw new Error('canceling statement due to statement timeout');
    return what === 'changes' || what === 'audits' ? deleted.push(what) : 0;
  };
  const attachments = { deleteOld: () => Promise.reject(new Error('too slow')) };
  const { seen, poll } = sweeping(deleteOld, { attachments });
  await poll();
  await poll();
  expect(deleted.toSorted()).toEqual(['audits', 'audits', 'changes', 'changes']);
  expect(seen.failures.toSorted()).toEqual([
    'audit_pushes: Error: canceling statement due to statement timeout',
    'operation_attachments: Error: too slow',
  ]);
});

it('A Sweeper without the lease deletes nothing, and the time of its last success is unknown.', async () => {
  const leases = { hold: async () => false, release: async () => undefined };
  const { seen, poll } = sweeping(() => Promise.reject(new Error('without the lease')), { leases });
  await poll();
  expect(seen).toEqual({ failures: [], deleted: [], clean: [undefined] });
});

it.each([true, false])(
  'The time of the last success advances unless the rows of one table cannot be deleted (%s).',
  async (fails) => {
    let now = 0;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => ++now);
    const { seen, poll } = sweeping(async (what) => {
      if (fails && what === 'trail') throw new Error('permission denied');
      return 0;
    });
    await poll();
    clock.mockRestore();
    expect(seen.clean.length).toBeGreaterThan(1);
    expect(Number(seen.clean.at(-1)) > Number(seen.clean[0])).toBe(!fails);
  },
);
