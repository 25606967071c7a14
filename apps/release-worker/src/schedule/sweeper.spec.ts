import { setImmediate } from 'node:timers/promises';
import { expect, it, jest } from '@jest/globals';
import type { Retained } from '@wxa/store';
import type { OldRowsOptions } from './retention.js';
import { Sweeper } from './sweeper.js';

/** The only worker. */
const leases = { hold: async () => true, release: async () => undefined };
const noMedia = { deleteOld: async () => undefined };

/** Options that collect failures and reports. */
function observed() {
  const seen = { failures: [] as unknown[], deleted: [] as [string, number][], clean: [] as unknown[] };
  const options: OldRowsOptions = {
    retention: { queriesMs: 1, changesMs: 1, trailMs: 1, rolloutsMs: 1 },
    onDeleted: (table, rows) => seen.deleted.push([table, rows]),
    onClean: (since) => seen.clean.push(since),
    onFailure: (error, table) => seen.failures.push(table === undefined ? error : `${table}: ${error}`),
    onLease: () => undefined,
  };
  return { seen, options };
}

async function poll(sweeper: Sweeper): Promise<void> {
  sweeper.wakeUp();
  await setImmediate();
}

it('Sweeper deletes a batch at each poll until none is left, and then pauses.', async () => {
  const deleted = [5_000, 3, 0];
  const store = {
    leases,
    attachments: noMedia,
    deleteOld: async (what: Retained) => (what === 'changes' ? (deleted.shift() ?? Number.NaN) : 0),
  };
  const { seen, options } = observed();
  const sweeper = new Sweeper(store, options);
  const left: number[] = [];
  for (const _poll of [1, 2, 3]) {
    await poll(sweeper);
    left.push(deleted.length);
  }
  deleted.push(1);
  await poll(sweeper);
  expect(left).toEqual([2, 1, 0]);
  expect(deleted).toEqual([1]);
  expect(seen.failures).toEqual([]);
  expect(seen.deleted.filter(([, rows]) => rows > 0)).toEqual([
    ['operations', 5_000],
    ['operations', 3],
  ]);
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
    drafts: async () => 0,
    rollouts: async () => 0,
    wakeups: async () => 0,
    instances: async () => 0,
  };
  const store = {
    leases,
    attachments: { deleteOld: () => Promise.reject(new Error('too slow')) },
    deleteOld: (what: Retained) => answers[what](),
  };
  const { seen, options } = observed();
  const sweeper = new Sweeper(store, options);
  for (const _poll of [1, 2]) {
    await poll(sweeper);
  }
  expect(deleted.toSorted()).toEqual(['audits', 'audits', 'changes', 'changes']);
  expect(seen.failures.map(String).toSorted()).toEqual([
    'audit_pushes: Error: canceling statement due to statement timeout',
    'operation_attachments: Error: too slow',
  ]);
});

it('A Sweeper without the lease deletes nothing, and the time of its last success is unknown.', async () => {
  let deletes = 0;
  const store = {
    leases: { ...leases, hold: async () => false },
    attachments: noMedia,
    deleteOld: async () => {
      deletes += 1;
      return 0;
    },
  };
  const { seen, options } = observed();
  await poll(new Sweeper(store, options));
  expect([deletes, seen.clean]).toEqual([0, [undefined]]);
});

it.each([true, false])(
  'The time of the last success advances unless the rows of one table cannot be deleted (%s).',
  async (fails) => {
    let now = 0;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => ++now);
    const store = {
      leases,
      attachments: noMedia,
      deleteOld: async (what: Retained) => {
        if (fails && what === 'trail') throw new Error('permission denied');
        return 0;
      },
    };
    const { seen, options } = observed();
    await poll(new Sweeper(store, options));
    clock.mockRestore();
    expect(seen.clean.length).toBeGreaterThan(1);
    expect(Number(seen.clean.at(-1)) > Number(seen.clean[0])).toBe(!fails);
  },
);
