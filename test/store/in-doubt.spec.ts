import { describe, expect, it } from '@jest/globals';
import type { ClaimedOperation, Doubt } from '@wxa/operations';
import { attemptWithin } from '../attempt-within.js';
import {
  accept,
  begin,
  claim,
  claimed,
  inDoubt,
  resolve,
  settle,
  settlement,
  stateOf,
} from './operation-steps.js';
import { column, sql, useStore, value, worker } from './use-store.js';

useStore();

async function take(id: string, leaseMs = 60_000, readyForMs?: number): Promise<Doubt | undefined> {
  return (await worker.doubts.take(100, leaseMs, readyForMs)).find((doubt) => doubt.id === id);
}

/** Settles a doubt after this number of checks. */
function settleDoubt(operation: ClaimedOperation, checks: number, state = 'SUCCEEDED', given = {}) {
  const ended = settlement(operation, state as 'SUCCEEDED' | 'RETRYING', given);
  return worker.doubts.settle(ended, { checks, throttledMs: 0, ...given });
}

function recheckLater(
  { id, fence, claimKey }: ClaimedOperation,
  checks: number,
  recheckAt: Parameters<typeof worker.doubts.recheckLater>[0]['recheckAt'],
  given = {},
) {
  const answer = { id, fence, claimKey, checks, recheckAt, negativeReads: 1, throttledMs: 0, ...given };
  return worker.doubts.recheckLater(answer);
}

describe('snapshot', () => {
  const snapshot = ({ id, appid, fence, claimKey }: ClaimedOperation, auditId = '7') =>
    worker.operations.snapshot({
      ...{ id, appid, fence, claimKey, values: { auditId }, audit: null, leaseMs: 60_000 },
    });

  it('snapshot stores what was read and renews the claim', async () => {
    const operation = await begin({}, { leaseMs: 20_000 });
    expect(await snapshot(operation)).toBe(true);
    const again = await claim(operation.id, { leaseMs: 1 });
    expect(again).toMatchObject({ kind: 'wait', operation: { snapshot: { auditId: '7' } } });
    expect(again.kind === 'wait' ? again.waitMs : 0).toBeGreaterThan(50_000);
  });

  it('snapshot returns false if the claim is lost or has expired', async () => {
    const operation = await begin();
    expect(await snapshot({ ...operation, fence: operation.fence - 1 })).toBe(false);
    expect(await snapshot({ ...operation, claimKey: operation.id })).toBe(false);
    expect(await snapshot(await begin({}, { leaseMs: 0 }))).toBe(false);
  });

  it('Snapshots written together are stored for the claim that each belongs to', async () => {
    const [one, other] = [await begin(), await begin()];
    const lost = { ...one, fence: one.fence - 1 };
    const stored = [snapshot(lost, '1'), snapshot(one, '2'), snapshot(other, '3')];
    expect(await Promise.all(stored)).toEqual([false, true, true]);
    expect(await claim(one.id)).toMatchObject({ operation: { snapshot: { auditId: '2' } } });
    expect(await claim(other.id)).toMatchObject({ operation: { snapshot: { auditId: '3' } } });
  });
});

describe('operations in doubt', () => {
  const dueNow = (id: string) => sql('update operations set ask_at = updated_at where id = $1', id);

  it('takeDoubts gives an operation to one worker at a time, and to another if the first is lost', async () => {
    const { id } = await inDoubt();
    const taken = await Promise.all([1, 2, 3, 4].map(() => take(id)));
    expect(taken.filter((doubt) => doubt !== undefined)).toMatchObject([{ checks: 1, mayHaveActed: true }]);
    await dueNow(id);
    expect(await take(id)).toMatchObject({ checks: 2 });
  });

  it('takeDoubts returns no operation before its recheck time or after it is left to an operator', async () => {
    const operation = await inDoubt();
    const { id } = operation;
    await take(id);
    await recheckLater(operation, 1, { inMs: 60_000 });
    expect(await take(id)).toBeUndefined();
    await recheckLater(operation, 1, new Date(0));
    expect(await take(id)).toMatchObject({ checks: 2, negativeReads: 1 });
    const found = async () => (await worker.operations.findAll([id]))[0];
    const before = await found();
    expect(before?.awaitingResolution).toBe(false);
    await recheckLater(operation, 2, null);
    expect(await take(id)).toBeUndefined();
    // Watchers find it by its update.
    const after = await found();
    expect(after?.awaitingResolution).toBe(true);
    expect(after?.updatedAt.getTime()).toBeGreaterThan(before?.updatedAt.getTime() ?? Number.NaN);
  });

  it('The time that a due operation waits to be reconciled does not count against its deadline', async () => {
    const takenAfterAMinute = async (readyForMs?: number) => {
      const { id } = await inDoubt();
      const ago = `clock_timestamp() - interval '1 minute'`;
      await sql(`update operations set ask_at = ${ago}, updated_at = ${ago} where id = $1`, id);
      return (await take(id, 60_000, readyForMs))?.throttledMs;
    };
    expect(await takenAfterAMinute()).toBeGreaterThanOrEqual(60_000);
    expect(await takenAfterAMinute(500)).toBe(500);
  });

  it('The lease of a reconciler that was lost does not count against the deadline; a check writes what does not', async () => {
    const operation = await inDoubt();
    const { id } = operation;
    const stored = () => value('select throttled_ms from operations where id = $1', id);
    const first = await take(id, 50_000);
    await dueNow(id);
    const second = await take(id, 50_000);
    expect((second?.throttledMs ?? 0) - (first?.throttledMs ?? 0)).toBeGreaterThanOrEqual(50_000);
    await recheckLater(operation, 2, { inMs: 60_000 }, { throttledMs: 7_000 });
    expect(await stored()).toBe(7_000);
    await dueNow(id);
    await take(id);
    await settleDoubt(operation, 3, 'RETRYING', { throttledMs: 8_000 });
    expect(await stored()).toBe(8_000);
  });

  it('Reconciliations that sent no read are not counted as reads, as long as the operation is in doubt', async () => {
    const operation = await inDoubt();
    const { id } = operation;
    for (const [i, isUnsent] of [true, false, true].entries()) {
      expect(await take(id)).toMatchObject({ checks: i + 1, reads: i < 2 ? 1 : 2 });
      await recheckLater(operation, i + 1, new Date(0), { negativeReads: 0, isUnsent });
    }
    // A lost reconciler may have sent one.
    expect(await take(id, 0)).toMatchObject({ checks: 4, reads: 2 });
    expect(await take(id)).toMatchObject({ checks: 5, reads: 3 });
    await settleDoubt(operation, 5, 'RETRYING');
    await settle(claimed(await claim(id)), 'IN_DOUBT', { mayHaveActed: true });
    expect(await take(id)).toMatchObject({ checks: 1, reads: 1 });
  });

  it('takeDoubts returns an operation after 100 reconciliations, so that it can be left to an operator', async () => {
    const operation = await inDoubt();
    await sql('update operations set asks = 100 where id = $1', operation.id);
    expect(await take(operation.id)).toMatchObject({ checks: 101 });
    expect(await recheckLater(operation, 101, null)).toBe(true);
    expect(await take(operation.id)).toBeUndefined();
  });

  it('takeDoubts returns an operation whose call may still take effect once it has been in doubt for 1 s', async () => {
    const id = await attemptWithin(1_000, async () => {
      const operation = await begin();
      await settle(operation, 'IN_DOUBT', { mayHaveActed: true, reconcileInMs: 60_000 });
      expect(await take(operation.id)).toBeUndefined();
      return operation.id;
    });
    await sql(`update operations set updated_at = now() - interval '1 s' where id = $1`, id);
    expect(await take(id, 0)).toMatchObject({ checks: 1, mayActUntil: expect.any(Date) });
    expect(await take(id, 0)).toMatchObject({ checks: 2, mayActUntil: null });
  });

  it('settleDoubt settles an operation once with its event, and not for a reconciler that was replaced', async () => {
    const operation = await inDoubt();
    const { id, appid } = operation;
    await take(id, 0);
    await take(id);
    expect(await settleDoubt(operation, 1)).toBe(false);
    expect(await stateOf(id)).toBe('IN_DOUBT');
    expect(await settleDoubt(operation, 2)).toBe(true);
    expect(await settleDoubt(operation, 2)).toBe(false);
    const events = await column(
      `select event_id from outbox where appid = $1 and writer = 'release-worker' order by id`,
      appid,
    );
    expect(events).toEqual([`${id}.in-doubt`, `${id}.completed`]);
  });

  it('An operation in doubt that was not executed is retried before later changes', async () => {
    const operation = await inDoubt();
    const { id, appid } = operation;
    await take(id);
    expect(await settleDoubt(operation, 1, 'RETRYING', { delayed: true })).toBe(true);
    await worker.backlog.promoteDue([0], 500);
    const loaded = await worker.backlog.load('method', [{ of: 'Release', count: 500 }], [0]);
    expect(loaded).toContainEqual(expect.objectContaining({ id, isRetry: true }));
    expect(await claim(await accept({ appid }))).toMatchObject({ kind: 'blocked' });
    expect(await claim(id)).toMatchObject({ kind: 'claimed', operation: { fence: 2, mayHaveActed: true } });
  });

  it('delayForApi delays an operation that may have been executed only after three negative reads', async () => {
    const api = 'wxa/submit_audit';
    const delayed = async ({ id }: ClaimedOperation) =>
      (await worker.operations.delayForApi({ id, api, partition: 0 })).delayed;
    await worker.limits.stop(api, 85085, 'used up');
    const suspected = await begin();
    await settle(suspected, 'RETRYING', { mayHaveActed: true });
    expect(await delayed(suspected)).toBe(false);
    expect(await value('select started_at from operations where id = $1', suspected.id)).not.toBeNull();
    for (const negativeReads of [2, 3]) {
      const operation = await inDoubt();
      await take(operation.id);
      await settleDoubt(operation, 1, 'RETRYING', { negativeReads });
      expect([negativeReads, await delayed(operation)]).toEqual([negativeReads, negativeReads === 3]);
    }
  });

  it('One of two concurrent manual resolutions and a reconciliation settles an operation', async () => {
    for (let round = 0; round < 10; round++) {
      const operation = await inDoubt();
      const { id, appid } = operation;
      await take(id);
      const [answer, ...resolutions] = await Promise.all([
        settleDoubt(operation, 1, 'RETRYING'),
        resolve(id, 'SUCCEEDED', { resolvedBy: 'Ada' }),
        resolve(id, 'SUCCEEDED', { resolvedBy: 'Ben', store: worker }),
      ]);
      const resolved = resolutions.filter(({ kind }) => kind === 'resolved').length;
      expect(resolved + Number(answer)).toBe(1);
      const authors = resolutions.flatMap((resolution) =>
        resolution.kind === 'not-in-doubt' ? [resolution.resolvedBy] : [],
      );
      const by = await value('select resolved_by from operations where id = $1', id);
      expect(authors).toEqual(Array(resolutions.length - resolved).fill(by));
      // The command, the in-doubt event and the event of the manual resolution.
      expect(await sql('select from outbox where appid = $1', appid)).toHaveLength(2 + resolved);
    }
  });

  it('A manual resolution overrides a reconciliation in progress', async () => {
    const operation = await inDoubt();
    await take(operation.id);
    expect(await resolve(operation.id, 'SUCCEEDED')).toMatchObject({ kind: 'resolved' });
    expect(await settleDoubt(operation, 1, 'RETRYING')).toBe(false);
    expect(await stateOf(operation.id)).toBe('SUCCEEDED');
  });

  it('resolve decides by the operation with its snapshot', async () => {
    const { id } = await inDoubt();
    await sql(`update operations set noted = '{"auditId":"7"}' where id = $1`, id);
    const decided: unknown[] = [];
    await resolve(id, 'SUCCEEDED', { onDecide: (operation) => decided.push(operation) });
    expect(decided).toMatchObject([{ id, snapshot: { auditId: '7' } }]);
  });

  it('resolve with RETRYING deletes the snapshot and clears may_have_acted', async () => {
    const { id } = await inDoubt();
    await resolve(id, 'RETRYING');
    expect(await take(id)).toBeUndefined();
    const rows = await sql('select noted, may_have_acted, ask_at from operations where id = $1', id);
    expect(rows).toEqual([{ noted: null, may_have_acted: false, ask_at: null }]);
  });
});
