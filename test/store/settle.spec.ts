import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { ClaimedOperation } from '@wxa/operations';
import { BLOCKED } from '../blocked.js';
import { eventually } from '../eventually.js';
import { acceptAll, begin, claim, claimed, settle, settlement, toEvent } from './operation-steps.js';
import { column, gateway, sql, useStore, whileLocked, worker } from './use-store.js';

useStore();

const END_THE_WAITING = `select pg_terminate_backend(pid, 5000) from (${BLOCKED}) as waiting`;

describe('settle', () => {
  it('settle writes the row and its event once, with the trace of the attempt', async () => {
    await sql('delete from outbox');
    const attempt = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'attempt=1' };
    const operation = await begin();
    const result = '{"auditId":"9007199254740993"}';
    const event = { ...toEvent(operation), ...attempt };
    const settled = await settle(operation, 'SUCCEEDED', { result, event });
    const lost = { kind: 'lost', released: [], outboxId: null };
    expect(await settle(operation, 'SUCCEEDED', { result })).toEqual(lost);
    const rows = await sql('select id, traceparent, tracestate from outbox where event_id = $1', event.id);
    expect(rows).toEqual([{ id: settled.outboxId, ...attempt }]);
    expect(settled).toMatchObject({ kind: 'settled', released: [] });
    const row = await gateway.operations.find(operation.id);
    expect(row).toMatchObject({ state: 'SUCCEEDED', attempts: 1, result: { auditId: '9007199254740993' } });
    expect((await claim(operation.id)).kind).toBe('finished');
  });

  it('settle returns no outbox id while an event of another writer is in the outbox', async () => {
    await sql('delete from outbox');
    await settle(await begin(), 'SUCCEEDED');
    await sql(`update outbox set written_by = null where writer = 'release-worker'`);
    expect(await settle(await begin(), 'SUCCEEDED')).toMatchObject({ kind: 'settled', outboxId: null });
  });

  it('settle rejects the same number of another claim, as after Postgres has lost time', async () => {
    const lost = await begin();
    await sql(`update operations set state = 'QUEUED', fence = 0, claim_key = null where id = $1`, lost.id);
    const second = claimed(await claim(lost.id));
    expect(second.fence).toBe(lost.fence);
    expect(await settle(lost, 'IN_DOUBT')).toMatchObject({ kind: 'lost' });
    expect(await settle(second, 'IN_DOUBT')).toMatchObject({ kind: 'settled' });
    await worker.doubts.take(100, 60_000);
    const end = (by: ClaimedOperation) =>
      worker.doubts.settle(settlement(by, 'SUCCEEDED'), { checks: 1, throttledMs: 0 });
    expect([await end(lost), await end(second)]).toEqual([false, true]);
  });
});

describe('settleAndClaim', () => {
  const link = (operation: ClaimedOperation, id: string) => ({
    settlement: settlement(operation, 'SUCCEEDED'),
    claim: { id, leaseMs: 60_000, key: randomUUID() },
  });

  /** A change that has begun, and the next one of its mini-program. */
  async function pair(): Promise<[ClaimedOperation, string]> {
    const [first = '', second = ''] = await acceptAll(2);
    return [claimed(await claim(first)), second];
  }

  it('settleAndClaim ends a change and claims the next one of its mini-program', async () => {
    const pairs = await Promise.all(Array.from({ length: 20 }, pair));
    await Promise.all(
      pairs.map(async ([operation, second]) => {
        const { settled, claim: next } = await worker.operations.settleAndClaim(link(operation, second));
        expect(settled).toMatchObject({ kind: 'settled', released: [] });
        expect(claimed(next)).toMatchObject({ id: second, fence: 1, state: 'RUNNING' });
      }),
    );
  });

  it('settleAndClaim does not claim the next change if the fence is stale', async () => {
    const [stale, second] = await pair();
    await settle(stale, 'RETRYING');
    claimed(await claim(stale.id));
    const { settled, claim: next } = await worker.operations.settleAndClaim(link(stale, second));
    expect([settled.kind, next.kind]).toEqual(['lost', 'blocked']);
  });

  it('settleAndClaim does neither if Postgres rejects one', async () => {
    const [operation, second] = await pair();
    const refused = link(operation, second);
    refused.settlement.result = 'no JSON';
    await expect(worker.operations.settleAndClaim(refused)).rejects.toThrow('json');
    const states = await column(
      'select state from operations where appid = $1 order by seq',
      operation.appid,
    );
    expect(states).toEqual(['RUNNING', 'QUEUED']);
  });

  it('settleAndClaim does neither if the connection ends in between, and both when it is repeated', async () => {
    const [operation, second] = await pair();
    const both = link(operation, second);
    await whileLocked('select from operations where id = $1 for update', [second], async () => {
      const settling = worker.operations.settleAndClaim(both);
      const failed = expect(settling).rejects.toThrow('terminating connection');
      await eventually(async () => (await sql(END_THE_WAITING)).length > 0);
      await failed;
    });
    const { settled, claim: next } = await worker.operations.settleAndClaim(both);
    expect([settled.kind, next.kind]).toEqual(['settled', 'claimed']);
  });
});

it.each([false, true])(
  'A settlement restarts it at the next claim, unless an earlier attempt may have been executed: %s',
  async (mayHaveActed) => {
    const busy = await begin();
    await settle(busy, 'RETRYING', { mayHaveActed });
    const first = claimed(await claim(busy.id));
    await settle(first, 'RETRYING', { restartsDeadline: true });
    const next = claimed(await claim(busy.id));
    expect(next.startedAt?.getTime() === first.startedAt?.getTime()).toBe(mayHaveActed);
  },
);
