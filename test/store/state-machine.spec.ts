import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { OperationStateName } from '@wxa/contracts';
import type { ClaimOf, SettlementWithAudits } from '@wxa/store';
import fc from 'fast-check';
import { settlement } from './operation-steps.js';
import { event, newOperation, type ScratchStore, scratchStore } from './scratch-store.js';

let scratch: ScratchStore;
beforeAll(async () => {
  scratch = await scratchStore();
});
afterAll(() => scratch?.close());

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

/** A step on the operation at index `at`, modulo the number of accepted ones. */
const step = fc.record({
  act: fc.constantFrom(
    'accept',
    'claim',
    'settle',
    'stale-settle',
    'cancel',
    'resolve',
    'delay',
    'load' as const,
  ),
  at: fc.nat(7),
  to: fc.constantFrom('SUCCEEDED', 'FAILED', 'RETRYING', 'IN_DOUBT' as const),
  delayed: fc.boolean(),
  isChange: fc.boolean(),
  attempts: fc.nat(1),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Row {
  id: string;
  is_change: boolean;
  state: OperationStateName;
  fence: number;
  claimKey: string | null;
  delayed: boolean;
  blocked_by: string | null;
}

const rows = (appid: string) =>
  scratch.sql<Row>(
    'select id, is_change, state, fence, claim_key as "claimKey", parked as delayed, blocked_by from operations where appid = $1 order by seq',
    [appid],
  );

function ended(
  { id, fence, claimKey }: ClaimOf,
  appid: string,
  { to, delayed, attempts }: Step,
): SettlementWithAudits {
  const outcome = to === 'RETRYING' ? null : event(appid, `${id}.${to}.${fence}`);
  return settlement({ id, appid, fence, claimKey }, to, {
    attempts,
    delayed: delayed && to === 'RETRYING',
    event: outcome,
  });
}

async function apply(appid: string, all: Row[], given: Step): Promise<void> {
  if (given.act === 'accept' || all.length === 0) {
    await scratch.gateway.operations.accept(newOperation({ appid, isChange: given.isChange }));
    return;
  }
  const row = all[given.at % all.length] as Row;
  const toEvent = (o: { appid: string; id: string }) => event(o.appid, `${o.id}.${randomUUID()}`);
  switch (given.act) {
    case 'claim':
      await scratch.worker.operations.claim({ id: row.id, leaseMs: 60_000, key: randomUUID() });
      return;
    case 'settle':
      await scratch.worker.operations.settle(ended(row, appid, given));
      return;
    case 'stale-settle':
      for (const stale of [{ fence: row.fence - 1 }, { claimKey: randomUUID() }])
        expect(
          await scratch.worker.operations.settle(ended({ ...row, ...stale }, appid, given)),
        ).toMatchObject({ kind: 'lost' });
      return;
    case 'cancel':
      await scratch.gateway.operations.cancel(row.id, toEvent);
      return;
    case 'resolve': {
      const state = given.to === 'IN_DOUBT' ? 'RETRYING' : given.to;
      const decide = () => ({ state, error: null, result: null, auditEffect: null });
      await scratch.gateway.doubts.resolve({ id: row.id, resolvedBy: 'me', reason: 'so' }, decide, toEvent);
      return;
    }
    case 'delay':
      await scratch.worker.backlog.delay({ id: row.id, appid, partition: 0, backlog: 'method' });
      return;
    default:
      await scratch.worker.backlog.promoteDue([0], 500);
      await scratch.worker.backlog.load('method', [{ of: 'Release', count: 500 }], [0]);
  }
}

/** Invariants after every step. */
function check(before: Row[], after: Row[]): void {
  const begun = after.filter((r) => r.is_change && ['RUNNING', 'RETRYING', 'IN_DOUBT'].includes(r.state));
  expect(begun.length).toBeLessThanOrEqual(1);
  for (const old of before) {
    const now = after.find((r) => r.id === old.id);
    if (now === undefined) throw new Error('an operation is gone');
    if (now.state !== old.state) expect(NEXT[old.state]).toContain(now.state);
    expect(now.fence - old.fence).toBe(now.state === 'RUNNING' && old.state !== 'RUNNING' ? 1 : 0);
    // A change begins only when every earlier one has ended.
    if (now.is_change && now.state === 'RUNNING' && old.state === 'QUEUED') {
      const earlier = before.slice(0, before.indexOf(old)).filter((r) => r.is_change);
      expect(earlier.filter((r) => NEXT[r.state].length > 0)).toEqual([]);
    }
  }
}

describe('operation states', () => {
  it('Operation states follow their table, fences hold and changes begin in order for any sequence of steps', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const appid = `wx${randomUUID().replaceAll('-', '').slice(0, 16)}`;
        let before: Row[] = [];
        for (const given of steps) {
          await apply(appid, before, given);
          const after = await rows(appid);
          check(before, after);
          before = after;
        }
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
