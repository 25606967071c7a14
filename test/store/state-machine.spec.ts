import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import type { OperationStateName } from '@wxa/contracts';
import fc from 'fast-check';
import { accept, cancel, claim, resolve, settle } from './operation-steps.js';
import { newAppid, sql, useStore, worker } from './use-store.js';

useStore();

/** Permitted transitions; final states have none. */
const NEXT: Record<OperationStateName, OperationStateName[]> = {
  QUEUED: ['RUNNING', 'CANCELLED'],
  RUNNING: ['SUCCEEDED', 'FAILED', 'RETRYING', 'IN_DOUBT'],
  RETRYING: ['RUNNING', 'CANCELLED'],
  IN_DOUBT: ['SUCCEEDED', 'FAILED', 'RETRYING'],
  SUCCEEDED: [],
  FAILED: [],
  CANCELLED: [],
};

interface Row {
  id: string;
  appid: string;
  is_change: boolean;
  state: OperationStateName;
  fence: number;
  claimKey: string | null;
}

const rows = (appid: string) =>
  sql<Row>(
    'select id, appid, is_change, state, fence, claim_key as "claimKey" from operations where appid = $1 order by seq',
    appid,
  );

const ended = ({ attempts, delayed, to }: Step) => ({ attempts, delayed: delayed && to === 'RETRYING' });

/** What can be done to an operation. */
const ACTS = {
  accept: ({ appid }: Row, { isChange }: Step) => accept({ appid, isChange }),
  claim: ({ id }: Row) => claim(id),
  settle: (row: Row, given: Step) => settle(row, given.to, ended(given)),
  settleStale: async (row: Row, given: Step) => {
    for (const stale of [{ fence: row.fence - 1 }, { claimKey: randomUUID() }])
      expect(await settle({ ...row, ...stale }, given.to, ended(given))).toMatchObject({ kind: 'lost' });
  },
  cancel: ({ id }: Row) => cancel(id),
  resolve: ({ id }: Row, { to }: Step) => resolve(id, to === 'IN_DOUBT' ? 'RETRYING' : to),
  delay: ({ id, appid }: Row) => worker.backlog.delay({ id, appid, partition: 0, backlog: 'method' }),
  load: async () => {
    await worker.backlog.promoteDue([0], 500);
    await worker.backlog.load('method', [{ of: 'Release', count: 500 }], [0]);
  },
};

/** An act on the operation at index `at`, modulo the number of accepted ones. */
interface Step {
  act: keyof typeof ACTS;
  at: number;
  to: 'SUCCEEDED' | 'FAILED' | 'RETRYING' | 'IN_DOUBT';
  delayed: boolean;
  isChange: boolean;
  attempts: number;
}
const step: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom(...(Object.keys(ACTS) as Step['act'][])),
  at: fc.nat(7),
  to: fc.constantFrom('SUCCEEDED', 'FAILED', 'RETRYING', 'IN_DOUBT'),
  delayed: fc.boolean(),
  isChange: fc.boolean(),
  attempts: fc.nat(1),
});

/** Invariants after every step. */
function check(before: Row[], after: Row[]): void {
  const begun = after.filter((r) => r.is_change && ['RUNNING', 'RETRYING', 'IN_DOUBT'].includes(r.state));
  expect(begun.length).toBeLessThanOrEqual(1);
  for (const [i, old] of before.entries()) {
    const now = after.find((r) => r.id === old.id);
    if (now === undefined) throw new Error('an operation is gone');
    if (now.state !== old.state) expect(NEXT[old.state]).toContain(now.state);
    expect(now.fence - old.fence).toBe(now.state === 'RUNNING' && old.state !== 'RUNNING' ? 1 : 0);
    // A change begins only when every earlier one has ended.
    if (now.is_change && now.state === 'RUNNING' && old.state === 'QUEUED')
      expect(before.slice(0, i).filter((r) => r.is_change && NEXT[r.state].length > 0)).toEqual([]);
  }
}

it('Operation states follow their table, fences hold and changes begin in order for any sequence of steps', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const appid = newAppid();
      await accept({ appid });
      let before = await rows(appid);
      for (const given of steps) {
        await ACTS[given.act](before[given.at % before.length] as Row, given);
        const after = await rows(appid);
        check(before, after);
        before = after;
      }
    }),
    { numRuns: 60 },
  );
});
