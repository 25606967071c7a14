import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ClaimedOperation, Doubt, SettlementWithAudits } from '@wxa/store';
import { anAppid } from '../world.js';
import { settlement, claimed as wasClaimed } from './operation-steps.js';
import { event, newOperation, type ScratchStore, scratchStore } from './scratch-store.js';

let scratch: ScratchStore;
beforeAll(async () => {
  scratch = await scratchStore();
});
afterAll(() => scratch?.close());

async function claimed(leaseMs = 60_000): Promise<ClaimedOperation> {
  const { id } = (await scratch.gateway.accept(newOperation({ appid: anAppid() }))) as { id: string };
  return wasClaimed(await scratch.worker.claim({ id, leaseMs, key: randomUUID() }));
}

function row(operation: ClaimedOperation, state: SettlementWithAudits['state']): SettlementWithAudits {
  if (state !== 'IN_DOUBT') return settlement(operation, state, { parked: state === 'RETRYING' });
  const { id, appid } = operation;
  const told = event(appid, `${id}.in-doubt`);
  return settlement(operation, state, { mayHaveActed: true, askInMs: 0, event: told });
}

async function doubted(): Promise<ClaimedOperation> {
  const operation = await claimed();
  await scratch.worker.settle(row(operation, 'IN_DOUBT'));
  return operation;
}

async function take(id: string, leaseMs = 60_000): Promise<Doubt | undefined> {
  return (await scratch.worker.takeDoubts(100, leaseMs)).find((doubt) => doubt.id === id);
}

const stateOf = async (id: string) => (await scratch.worker.findOperation(id))?.state;

function resolve(id: string, state: 'SUCCEEDED' | 'RETRYING', resolvedBy = 'me', store = scratch.gateway) {
  const word = { id, resolvedBy, reason: 'saw it' };
  const decide = () => ({ state, error: null, result: null, auditEffect: null });
  return store.resolve(word, decide, ({ appid }) => event(appid, randomUUID()));
}

describe('what is noted before a call', () => {
  it('survives, and renews the claim', async () => {
    const { id, appid, fence } = await claimed(500);
    const note = { id, appid, fence: fence, noted: { auditId: '7' }, audit: null, leaseMs: 60_000 };
    expect(await scratch.worker.snapshot(note)).toBe(true);
    const again = await scratch.worker.claim({ id, leaseMs: 1, key: randomUUID() });
    expect(again).toMatchObject({ kind: 'wait', operation: { noted: { auditId: '7' } } });
    expect(again.kind === 'wait' ? again.waitMs : 0).toBeGreaterThan(50_000);
  });

  it('is refused where the claim is lost or has run out', async () => {
    const { id, appid, fence } = await claimed();
    const note = { id, appid, fence: fence, noted: {}, audit: null, leaseMs: 1_000 };
    expect(await scratch.worker.snapshot({ ...note, fence: fence - 1 })).toBe(false);
    const late = await claimed(0);
    expect(await scratch.worker.snapshot({ ...note, id: late.id, fence: late.fence })).toBe(false);
  });

  it('is written together with that of others, each for the claim it is of', async () => {
    const [one, other] = [await claimed(), await claimed()];
    const noteOf = ({ id, appid, fence }: ClaimedOperation, auditId: string) =>
      scratch.worker.snapshot({ id, appid, fence, noted: { auditId }, audit: null, leaseMs: 60_000 });
    const lost = { ...one, fence: one.fence - 1 };
    const held = await Promise.all([noteOf(lost, '1'), noteOf(one, '2'), noteOf(other, '3')]);
    expect(held).toEqual([false, true, true]);
    for (const [{ id }, auditId] of [[one, '2'] as const, [other, '3'] as const]) {
      const again = await scratch.worker.claim({ id, leaseMs: 1, key: randomUUID() });
      expect(again).toMatchObject({ operation: { noted: { auditId } } });
    }
  });
});

describe('a doubt', () => {
  it('is taken by one asker at a time, and by another when the first was lost', async () => {
    const { id } = await doubted();
    const taken = await Promise.all([1, 2, 3, 4].map(() => take(id, 60_000)));
    expect(taken.filter((doubt) => doubt !== undefined)).toMatchObject([{ asks: 1, mayHaveActed: true }]);
    await scratch.sql(`update operations set ask_at = now() where id = $1`, [id]);
    expect(await take(id)).toMatchObject({ asks: 2 });
  });

  it('is not taken before its time, nor when it is left to a person', async () => {
    const { id, fence } = await doubted();
    const asks = (await take(id))?.asks ?? 0;
    const answer = { id, fence: fence, asks, negativeReads: 1 };
    await scratch.worker.recheckDoubtLater({ ...answer, recheckAt: { inMs: 60_000 } });
    expect(await take(id)).toBeUndefined();
    await scratch.worker.recheckDoubtLater({ ...answer, recheckAt: new Date(0) });
    expect(await take(id)).toMatchObject({ asks: 2, negativeReads: 1 });
    await scratch.worker.recheckDoubtLater({ ...answer, asks: 2, recheckAt: null });
    expect(await take(id)).toBeUndefined();
  });

  it('is taken however often its outcome could not be written, so that it can be left to an operator', async () => {
    const { id, fence } = await doubted();
    await scratch.sql('update operations set asks = 100 where id = $1', [id]);
    expect(await take(id)).toMatchObject({ asks: 101 });
    expect(
      await scratch.worker.recheckDoubtLater({ id, fence, asks: 101, negativeReads: 0, recheckAt: null }),
    ).toBe(true);
    expect(await take(id)).toBeUndefined();
  });

  it('whose call may still take effect is taken once before that, a second after it came about', async () => {
    const operation = await claimed();
    await scratch.worker.settle({ ...row(operation, 'IN_DOUBT'), askInMs: 60_000 });
    expect(await take(operation.id)).toBeUndefined();
    await scratch.sql(`update operations set updated_at = now() - interval '1 s' where id = $1`, [
      operation.id,
    ]);
    expect(await take(operation.id, 0)).toMatchObject({ asks: 1, mayActUntil: expect.any(Date) });
    expect(await take(operation.id, 0)).toMatchObject({ asks: 2, mayActUntil: null });
  });

  it('is settled once, with its event, and not by an asker that was replaced', async () => {
    const operation = await doubted();
    const { id, appid } = operation;
    await take(id, 0);
    await take(id);
    expect(await scratch.worker.settleDoubt(row(operation, 'SUCCEEDED'), 1)).toBe(false);
    expect(await stateOf(id)).toBe('IN_DOUBT');
    expect(await scratch.worker.settleDoubt(row(operation, 'SUCCEEDED'), 2)).toBe(true);
    expect(await scratch.worker.settleDoubt(row(operation, 'SUCCEEDED'), 2)).toBe(false);
    const events = await scratch.sql<{ event_id: string }>(
      `select event_id from outbox where appid = $1 and writer = 'release-worker' order by id`,
      [appid],
    );
    expect(events.map((e) => e.event_id)).toEqual([`${id}.in-doubt`, `${id}.completed`]);
  });

  it('that was not done comes back in its old place, whoever asked', async () => {
    const operation = await doubted();
    const { id, appid } = operation;
    await take(id);
    expect(await scratch.worker.settleDoubt(row(operation, 'RETRYING'), 1)).toBe(true);
    await scratch.worker.backlog.promoteDue([0], 500);
    const rooms = [{ of: 'Release', count: 500 }];
    expect(await scratch.worker.backlog.load('method', rooms, [0])).toContainEqual(
      expect.objectContaining({ id, isRetry: true }),
    );
    const later = newOperation({ appid });
    await scratch.gateway.accept(later);
    const claim = (one: string) => scratch.worker.claim({ id: one, leaseMs: 60_000, key: randomUUID() });
    expect(await claim(later.id)).toMatchObject({ kind: 'blocked' });
    expect(await claim(id)).toMatchObject({ kind: 'claimed', operation: { fence: 2, mayHaveActed: true } });
  });

  it('is parked for a used-up quota only once reads have confirmed that it was not executed', async () => {
    const api = 'wxa/submit_audit';
    await scratch.worker.stopApi(api, 85085, 'used up');
    const suspected = await claimed();
    await scratch.worker.settle({ ...settlement(suspected, 'RETRYING'), mayHaveActed: true });
    const stopped = { stopped: true, parked: false };
    expect(await scratch.worker.parkForApi(suspected.id, api, 0)).toEqual(stopped);
    for (const negativeReads of [2, 3]) {
      const operation = await doubted();
      await take(operation.id);
      const again = { ...row(operation, 'RETRYING'), parked: false, negativeReads };
      await scratch.worker.settleDoubt(again, 1);
      const answer = await scratch.worker.parkForApi(operation.id, api, 0);
      expect([negativeReads, answer]).toEqual([negativeReads, { ...stopped, parked: negativeReads === 3 }]);
    }
    const [{ started_at = null } = {}] = await scratch.sql<{ started_at: Date | null }>(
      'select started_at from operations where id = $1',
      [suspected.id],
    );
    expect(started_at).not.toBeNull();
  });

  it('is a person’s before an answer’s that is under way', async () => {
    const operation = await doubted();
    await take(operation.id);
    expect(await resolve(operation.id, 'SUCCEEDED')).toMatchObject({ kind: 'resolved' });
    expect(await scratch.worker.settleDoubt(row(operation, 'RETRYING'), 1)).toBe(false);
    expect(await stateOf(operation.id)).toBe('SUCCEEDED');
  });

  it('is settled by one of many: two people and WeChat’s answer, at the same moment', async () => {
    for (let round = 0; round < 10; round++) {
      const operation = await doubted();
      const { id, appid } = operation;
      await take(id);
      const [answer, ...words] = await Promise.all([
        scratch.worker.settleDoubt(row(operation, 'RETRYING'), 1),
        resolve(id, 'SUCCEEDED', 'Ada'),
        resolve(id, 'SUCCEEDED', 'Ben', scratch.worker),
      ]);
      const heard = words.filter(({ kind }) => kind === 'resolved').length;
      expect(heard + Number(answer)).toBe(1);
      const told = words.flatMap((word) => (word.kind === 'not-in-doubt' ? [word.resolvedBy] : []));
      const [{ resolved_by: by = null } = {}] = await scratch.sql<{ resolved_by: string | null }>(
        'select resolved_by from operations where id = $1',
        [id],
      );
      expect(told).toEqual(Array(words.length - heard).fill(by));
      const events = await scratch.sql('select from outbox where appid = $1', [appid]);
      // Its command, that it is in doubt, and what a person's word made of it.
      expect(events).toHaveLength(2 + heard);
    }
  });

  it('that a person wants run again is begun afresh: nothing noted, nothing suspected', async () => {
    const operation = await doubted();
    await resolve(operation.id, 'RETRYING');
    expect(await take(operation.id)).toBeUndefined();
    const rows = await scratch.sql('select noted, may_have_acted, ask_at from operations where id = $1', [
      operation.id,
    ]);
    expect(rows).toEqual([{ noted: null, may_have_acted: false, ask_at: null }]);
  });
});
