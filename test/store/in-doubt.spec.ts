import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ClaimedOperation, Doubt, SettlementWithAudits } from '@wxa/store';
import { newAppid } from '../appid.js';
import { settlement, claimed as wasClaimed } from './operation-steps.js';
import { event, newOperation, type ScratchStore, scratchStore } from './scratch-store.js';

let scratch: ScratchStore;
beforeAll(async () => {
  scratch = await scratchStore();
});
afterAll(() => scratch?.close());

async function claimed(leaseMs = 60_000): Promise<ClaimedOperation> {
  const { id } = (await scratch.gateway.operations.accept(newOperation({ appid: newAppid() }))) as {
    id: string;
  };
  return wasClaimed(await scratch.worker.operations.claim({ id, leaseMs, key: randomUUID() }));
}

function row(operation: ClaimedOperation, state: SettlementWithAudits['state']): SettlementWithAudits {
  if (state !== 'IN_DOUBT') return settlement(operation, state, { delayed: state === 'RETRYING' });
  const { id, appid } = operation;
  const inDoubt = event(appid, `${id}.in-doubt`);
  return settlement(operation, state, { mayHaveActed: true, reconcileInMs: 0, event: inDoubt });
}

async function newInDoubt(): Promise<ClaimedOperation> {
  const operation = await claimed();
  await scratch.worker.operations.settle(row(operation, 'IN_DOUBT'));
  return operation;
}

async function take(id: string, leaseMs = 60_000): Promise<Doubt | undefined> {
  return (await scratch.worker.doubts.take(100, leaseMs)).find((doubt) => doubt.id === id);
}

/** What a check of a doubt writes with its answer. */
const answered = (checks: number) => ({ checks, throttledMs: 0 });

const stateOf = async (id: string) => (await scratch.worker.operations.find(id))?.state;

function resolve(id: string, state: 'SUCCEEDED' | 'RETRYING', resolvedBy = 'me', store = scratch.gateway) {
  const resolution = { id, resolvedBy, reason: 'saw it' };
  const decide = () => ({ state, error: null, result: null, auditEffect: null });
  return store.doubts.resolve(resolution, decide, ({ appid }) => event(appid, randomUUID()));
}

describe('snapshot', () => {
  it('snapshot stores what was read and renews the claim', async () => {
    const { id, appid, fence, claimKey } = await claimed(500);
    const snapshot = { id, appid, fence, claimKey, values: { auditId: '7' }, audit: null, leaseMs: 60_000 };
    expect(await scratch.worker.operations.snapshot(snapshot)).toBe(true);
    const again = await scratch.worker.operations.claim({ id, leaseMs: 1, key: randomUUID() });
    expect(again).toMatchObject({ kind: 'wait', operation: { snapshot: { auditId: '7' } } });
    expect(again.kind === 'wait' ? again.waitMs : 0).toBeGreaterThan(50_000);
  });

  it('snapshot returns false if the claim is lost or has expired', async () => {
    const { id, appid, fence, claimKey } = await claimed();
    const snapshot = { id, appid, fence, claimKey, values: {}, audit: null, leaseMs: 1_000 };
    const { snapshot: store } = scratch.worker.operations;
    expect(await store({ ...snapshot, fence: fence - 1 })).toBe(false);
    expect(await store({ ...snapshot, claimKey: randomUUID() })).toBe(false);
    const late = await claimed(0);
    expect(await store({ ...snapshot, id: late.id, fence: late.fence, claimKey: late.claimKey })).toBe(false);
  });

  it('Snapshots written together are stored for the claim that each belongs to', async () => {
    const [one, other] = [await claimed(), await claimed()];
    const snapshotOf = ({ id, appid, fence, claimKey }: ClaimedOperation, auditId: string) =>
      scratch.worker.operations.snapshot({
        ...{ id, appid, fence, claimKey },
        values: { auditId },
        audit: null,
        leaseMs: 60_000,
      });
    const lost = { ...one, fence: one.fence - 1 };
    const stored = await Promise.all([snapshotOf(lost, '1'), snapshotOf(one, '2'), snapshotOf(other, '3')]);
    expect(stored).toEqual([false, true, true]);
    for (const [{ id }, auditId] of [[one, '2'] as const, [other, '3'] as const]) {
      const again = await scratch.worker.operations.claim({ id, leaseMs: 1, key: randomUUID() });
      expect(again).toMatchObject({ operation: { snapshot: { auditId } } });
    }
  });
});

describe('operations in doubt', () => {
  it('takeDoubts gives an operation to one worker at a time, and to another if the first is lost', async () => {
    const { id } = await newInDoubt();
    const taken = await Promise.all([1, 2, 3, 4].map(() => take(id, 60_000)));
    expect(taken.filter((doubt) => doubt !== undefined)).toMatchObject([{ checks: 1, mayHaveActed: true }]);
    await scratch.sql(`update operations set ask_at = now() where id = $1`, [id]);
    expect(await take(id)).toMatchObject({ checks: 2 });
  });

  it('takeDoubts returns no operation before its recheck time or after it is left to an operator', async () => {
    const { id, fence, claimKey } = await newInDoubt();
    const checks = (await take(id))?.checks ?? 0;
    const answer = { id, fence, claimKey, ...answered(checks), negativeReads: 1 };
    await scratch.worker.doubts.recheckLater({ ...answer, recheckAt: { inMs: 60_000 } });
    expect(await take(id)).toBeUndefined();
    await scratch.worker.doubts.recheckLater({ ...answer, recheckAt: new Date(0) });
    expect(await take(id)).toMatchObject({ checks: 2, negativeReads: 1 });
    const shown = async () => {
      const [found] = await scratch.worker.operations.findAll([id]);
      return { awaits: found?.awaitingResolution, updatedAt: found?.updatedAt.getTime() ?? 0 };
    };
    const before = await shown();
    await scratch.worker.doubts.recheckLater({ ...answer, checks: 2, recheckAt: null });
    expect(await take(id)).toBeUndefined();
    // Watchers find it by its update.
    const after = await shown();
    expect([before.awaits, after.awaits]).toEqual([false, true]);
    expect(after.updatedAt).toBeGreaterThan(before.updatedAt);
  });

  it('The time that a due operation waits to be reconciled does not count against its deadline', async () => {
    const takenAfterAMinute = async (readyForMs?: number) => {
      const { id } = await newInDoubt();
      const ago = `clock_timestamp() - interval '1 minute'`;
      await scratch.sql(`update operations set ask_at = ${ago}, updated_at = ${ago} where id = $1`, [id]);
      return (await scratch.worker.doubts.take(100, 60_000, readyForMs)).find((doubt) => doubt.id === id);
    };
    expect((await takenAfterAMinute())?.throttledMs).toBeGreaterThanOrEqual(60_000);
    expect(await takenAfterAMinute(500)).toMatchObject({ throttledMs: 500 });
  });

  it('The lease of a reconciler that was lost does not count against the deadline; a check writes what does not', async () => {
    const operation = await newInDoubt();
    const { id, fence, claimKey } = operation;
    const takeExpired = async () => {
      await scratch.sql('update operations set ask_at = updated_at where id = $1', [id]);
      return take(id, 50_000);
    };
    const first = await take(id, 50_000);
    const second = await takeExpired();
    expect((second?.throttledMs ?? 0) - (first?.throttledMs ?? 0)).toBeGreaterThanOrEqual(50_000);
    const answer = { id, fence, claimKey, checks: 2, negativeReads: 0, throttledMs: 7_000 };
    await scratch.worker.doubts.recheckLater({ ...answer, recheckAt: { inMs: 60_000 } });
    const stored = 'select throttled_ms from operations where id = $1';
    expect(await scratch.sql(stored, [id])).toEqual([{ throttled_ms: 7_000 }]);
    await takeExpired();
    await scratch.worker.doubts.settle(row(operation, 'RETRYING'), { checks: 3, throttledMs: 8_000 });
    expect(await scratch.sql(stored, [id])).toEqual([{ throttled_ms: 8_000 }]);
  });

  it('Reconciliations that sent no read are not counted as reads, as long as the operation is in doubt', async () => {
    const operation = await newInDoubt();
    const { id, fence, claimKey } = operation;
    const answer = { id, fence, claimKey, negativeReads: 0, throttledMs: 0, recheckAt: new Date(0) };
    for (const [checks, isUnsent] of [true, false, true].entries()) {
      expect(await take(id)).toMatchObject({ checks: checks + 1, reads: checks < 2 ? 1 : 2 });
      await scratch.worker.doubts.recheckLater({ ...answer, checks: checks + 1, isUnsent });
    }
    // A lost reconciler may have sent one.
    expect(await take(id, 0)).toMatchObject({ checks: 4, reads: 2 });
    expect(await take(id)).toMatchObject({ checks: 5, reads: 3 });
    await scratch.worker.doubts.settle(row(operation, 'RETRYING'), answered(5));
    const retried = wasClaimed(
      await scratch.worker.operations.claim({ id, leaseMs: 60_000, key: randomUUID() }),
    );
    await scratch.worker.operations.settle(row(retried, 'IN_DOUBT'));
    expect(await take(id)).toMatchObject({ checks: 1, reads: 1 });
  });

  it('takeDoubts returns an operation after 100 reconciliations, so that it can be left to an operator', async () => {
    const { id, fence, claimKey } = await newInDoubt();
    await scratch.sql('update operations set asks = 100 where id = $1', [id]);
    expect(await take(id)).toMatchObject({ checks: 101 });
    expect(
      await scratch.worker.doubts.recheckLater({
        ...{ id, fence, claimKey },
        ...{ ...answered(101), negativeReads: 0, recheckAt: null },
      }),
    ).toBe(true);
    expect(await take(id)).toBeUndefined();
  });

  it('takeDoubts returns an operation whose call may still take effect once it has been in doubt for 1 s', async () => {
    const operation = await claimed();
    await scratch.worker.operations.settle({ ...row(operation, 'IN_DOUBT'), reconcileInMs: 60_000 });
    expect(await take(operation.id)).toBeUndefined();
    await scratch.sql(`update operations set updated_at = now() - interval '1 s' where id = $1`, [
      operation.id,
    ]);
    expect(await take(operation.id, 0)).toMatchObject({ checks: 1, mayActUntil: expect.any(Date) });
    expect(await take(operation.id, 0)).toMatchObject({ checks: 2, mayActUntil: null });
  });

  it('settleDoubt settles an operation once with its event, and not for a reconciler that was replaced', async () => {
    const operation = await newInDoubt();
    const { id, appid } = operation;
    await take(id, 0);
    await take(id);
    expect(await scratch.worker.doubts.settle(row(operation, 'SUCCEEDED'), answered(1))).toBe(false);
    expect(await stateOf(id)).toBe('IN_DOUBT');
    expect(await scratch.worker.doubts.settle(row(operation, 'SUCCEEDED'), answered(2))).toBe(true);
    expect(await scratch.worker.doubts.settle(row(operation, 'SUCCEEDED'), answered(2))).toBe(false);
    const events = await scratch.sql<{ event_id: string }>(
      `select event_id from outbox where appid = $1 and writer = 'release-worker' order by id`,
      [appid],
    );
    expect(events.map((e) => e.event_id)).toEqual([`${id}.in-doubt`, `${id}.completed`]);
  });

  it('An operation in doubt that was not executed is retried before later changes', async () => {
    const operation = await newInDoubt();
    const { id, appid } = operation;
    await take(id);
    expect(await scratch.worker.doubts.settle(row(operation, 'RETRYING'), answered(1))).toBe(true);
    await scratch.worker.backlog.promoteDue([0], 500);
    const rooms = [{ of: 'Release', count: 500 }];
    expect(await scratch.worker.backlog.load('method', rooms, [0])).toContainEqual(
      expect.objectContaining({ id, isRetry: true }),
    );
    const later = newOperation({ appid });
    await scratch.gateway.operations.accept(later);
    const claim = (one: string) =>
      scratch.worker.operations.claim({ id: one, leaseMs: 60_000, key: randomUUID() });
    expect(await claim(later.id)).toMatchObject({ kind: 'blocked' });
    expect(await claim(id)).toMatchObject({ kind: 'claimed', operation: { fence: 2, mayHaveActed: true } });
  });

  it('delayForApi delays an operation that may have been executed only after three negative reads', async () => {
    const api = 'wxa/submit_audit';
    await scratch.worker.limits.stop(api, 85085, 'used up');
    const suspected = await claimed();
    await scratch.worker.operations.settle({ ...settlement(suspected, 'RETRYING'), mayHaveActed: true });
    const stopped = { stopped: true, delayed: false };
    expect(await scratch.worker.operations.delayForApi({ id: suspected.id, api, partition: 0 })).toEqual(
      stopped,
    );
    for (const negativeReads of [2, 3]) {
      const operation = await newInDoubt();
      await take(operation.id);
      const again = { ...row(operation, 'RETRYING'), delayed: false, negativeReads };
      await scratch.worker.doubts.settle(again, answered(1));
      const answer = await scratch.worker.operations.delayForApi({ id: operation.id, api, partition: 0 });
      expect([negativeReads, answer]).toEqual([negativeReads, { ...stopped, delayed: negativeReads === 3 }]);
    }
    const [{ started_at = null } = {}] = await scratch.sql<{ started_at: Date | null }>(
      'select started_at from operations where id = $1',
      [suspected.id],
    );
    expect(started_at).not.toBeNull();
  });

  it('A manual resolution overrides a reconciliation in progress', async () => {
    const operation = await newInDoubt();
    await take(operation.id);
    expect(await resolve(operation.id, 'SUCCEEDED')).toMatchObject({ kind: 'resolved' });
    expect(await scratch.worker.doubts.settle(row(operation, 'RETRYING'), answered(1))).toBe(false);
    expect(await stateOf(operation.id)).toBe('SUCCEEDED');
  });

  it('One of two concurrent manual resolutions and a reconciliation settles an operation', async () => {
    for (let round = 0; round < 10; round++) {
      const operation = await newInDoubt();
      const { id, appid } = operation;
      await take(id);
      const [answer, ...resolutions] = await Promise.all([
        scratch.worker.doubts.settle(row(operation, 'RETRYING'), answered(1)),
        resolve(id, 'SUCCEEDED', 'Ada'),
        resolve(id, 'SUCCEEDED', 'Ben', scratch.worker),
      ]);
      const resolved = resolutions.filter(({ kind }) => kind === 'resolved').length;
      expect(resolved + Number(answer)).toBe(1);
      const authors = resolutions.flatMap((resolution) =>
        resolution.kind === 'not-in-doubt' ? [resolution.resolvedBy] : [],
      );
      const [{ resolved_by: by = null } = {}] = await scratch.sql<{ resolved_by: string | null }>(
        'select resolved_by from operations where id = $1',
        [id],
      );
      expect(authors).toEqual(Array(resolutions.length - resolved).fill(by));
      const events = await scratch.sql('select from outbox where appid = $1', [appid]);
      // The command, the in-doubt event and the event of the manual resolution.
      expect(events).toHaveLength(2 + resolved);
    }
  });

  it('resolve with RETRYING deletes the snapshot and clears may_have_acted', async () => {
    const operation = await newInDoubt();
    await resolve(operation.id, 'RETRYING');
    expect(await take(operation.id)).toBeUndefined();
    const rows = await scratch.sql('select noted, may_have_acted, ask_at from operations where id = $1', [
      operation.id,
    ]);
    expect(rows).toEqual([{ noted: null, may_have_acted: false, ask_at: null }]);
  });
});
