import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ClaimedOperation } from '@wxa/store';
import pg from 'pg';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { claimed, OperationSteps, settlement } from './operation-steps.js';
import { type ScratchStore, scratchStore } from './scratch-store.js';

let scratch: ScratchStore;
let steps: OperationSteps;
beforeAll(async () => {
  scratch = await scratchStore();
  steps = new OperationSteps(scratch);
});
afterAll(() => scratch?.close());

const END_THE_WAITING = `
select pg_terminate_backend(pid, 5000) from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock'`;

describe('settle', () => {
  it('settle writes the row and its event once', async () => {
    await scratch.sql('delete from outbox');
    const [id = ''] = await steps.accept(1, newAppid());
    const operation = claimed(await steps.claim(id));
    const done = settlement(operation, 'SUCCEEDED', { result: '{"auditId":"9007199254740993"}' });
    const settled = await scratch.worker.operations.settle(done);
    expect(await scratch.worker.operations.settle(done)).toEqual({
      kind: 'lost',
      released: [],
      outboxId: null,
    });
    const events = await scratch.sql<{ id: string }>('select id from outbox where event_id = $1', [
      `${id}.completed`,
    ]);
    expect(events).toHaveLength(1);
    expect(settled).toEqual({ kind: 'settled', released: [], outboxId: events[0]?.id });
    const row = await scratch.gateway.operations.find(id);
    expect(row).toMatchObject({ state: 'SUCCEEDED', attempts: 1, result: { auditId: '9007199254740993' } });
    expect((await steps.claim(id)).kind).toBe('finished');
  });

  it('settle returns no outbox id while an event of another writer is in the outbox', async () => {
    await scratch.sql('delete from outbox');
    const [one = ''] = await steps.accept(1, newAppid());
    const [other = ''] = await steps.accept(1, newAppid());
    await scratch.worker.operations.settle(settlement(claimed(await steps.claim(one)), 'SUCCEEDED'));
    await scratch.sql(`update outbox set written_by = null where writer = 'release-worker'`);
    const settled = await scratch.worker.operations.settle(
      settlement(claimed(await steps.claim(other)), 'SUCCEEDED'),
    );
    expect(settled).toMatchObject({ kind: 'settled', outboxId: null });
  });

  it('settle rejects a stale fence and changes nothing', async () => {
    const [id = ''] = await steps.accept(1, newAppid());
    const first = claimed(await steps.claim(id));
    await scratch.worker.operations.settle(settlement(first, 'RETRYING'));
    const second = claimed(await steps.claim(id));
    expect(await scratch.worker.operations.settle(settlement(first, 'FAILED'))).toMatchObject({
      kind: 'lost',
    });
    expect(await scratch.worker.operations.settle(settlement(second, 'SUCCEEDED'))).toMatchObject({
      kind: 'settled',
    });
    expect(await scratch.sql('select from outbox where event_id = $1', [`${id}.completed`])).toHaveLength(1);
  });

  it('settle rejects the same number of another claim, as after Postgres has lost time', async () => {
    const [id = ''] = await steps.accept(1, newAppid());
    const lost = claimed(await steps.claim(id));
    await scratch.sql(`update operations set state = 'QUEUED', fence = 0, claim_key = null where id = $1`, [
      id,
    ]);
    const second = claimed(await steps.claim(id));
    expect(second.fence).toBe(lost.fence);
    const settle = (operation: ClaimedOperation) =>
      scratch.worker.operations.settle(settlement(operation, 'IN_DOUBT', { reconcileInMs: 0 }));
    expect(await settle(lost)).toMatchObject({ kind: 'lost' });
    expect(await settle(second)).toMatchObject({ kind: 'settled' });
    await scratch.worker.doubts.take(100, 60_000);
    const ended = settlement(lost, 'SUCCEEDED');
    const check = { checks: 1, throttledMs: 0 };
    expect(await scratch.worker.doubts.settle(ended, check)).toBe(false);
    expect(await scratch.worker.doubts.settle({ ...ended, claimKey: second.claimKey }, check)).toBe(true);
  });
});

describe('settleAndClaim', () => {
  const link = (operation: ClaimedOperation, id: string) => ({
    settlement: settlement(operation, 'SUCCEEDED'),
    claim: { id, leaseMs: 60_000, key: randomUUID() },
  });

  it('settleAndClaim ends a change and claims the next one of its mini-program', async () => {
    const appids = Array.from({ length: 20 }, newAppid);
    const pairs = await Promise.all(appids.map((appid) => steps.accept(2, appid)));
    await Promise.all(
      pairs.map(async ([first = '', second = '']) => {
        const operation = claimed(await steps.claim(first));
        const { settled, claim: next } = await scratch.worker.operations.settleAndClaim(
          link(operation, second),
        );
        expect(settled).toMatchObject({ kind: 'settled', released: [] });
        expect(claimed(next)).toMatchObject({ id: second, fence: 1, state: 'RUNNING' });
      }),
    );
  });

  it('settleAndClaim does not claim the next change if the fence is stale', async () => {
    const [first = '', second = ''] = await steps.accept(2, newAppid());
    const stale = claimed(await steps.claim(first));
    await scratch.worker.operations.settle(settlement(stale, 'RETRYING'));
    claimed(await steps.claim(first));
    const { settled, claim: next } = await scratch.worker.operations.settleAndClaim(link(stale, second));
    expect([settled.kind, next.kind]).toEqual(['lost', 'blocked']);
  });

  it('settleAndClaim does neither if Postgres rejects one', async () => {
    const [first = '', second = ''] = await steps.accept(2, newAppid());
    const operation = claimed(await steps.claim(first));
    const refused = link(operation, second);
    refused.settlement.result = 'no JSON';
    await expect(scratch.worker.operations.settleAndClaim(refused)).rejects.toThrow('json');
    const rows = await scratch.gateway.operations.findAll([first, second]);
    expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(['RUNNING', 'QUEUED']));
  });

  it('settleAndClaim does neither if the connection ends in between, and both when it is repeated', async () => {
    const [first = '', second = ''] = await steps.accept(2, newAppid());
    const both = link(claimed(await steps.claim(first)), second);
    const holder = new pg.Client({ connectionString: scratch.url });
    await holder.connect();
    await holder.query('begin');
    await holder.query('select from operations where id = $1 for update', [second]);
    const failed = expect(scratch.worker.operations.settleAndClaim(both)).rejects.toThrow(
      'terminating connection',
    );
    await eventually(async () => (await scratch.sql(END_THE_WAITING)).length > 0);
    await failed;
    await holder.end();
    const { settled, claim: next } = await scratch.worker.operations.settleAndClaim(both);
    expect([settled.kind, next.kind]).toEqual(['settled', 'claimed']);
  });
});

describe('deadline of an operation', () => {
  it('A settlement restarts the deadline at the next claim, unless an earlier attempt may have been executed', async () => {
    for (const mayHaveActed of [false, true]) {
      const [id = ''] = await steps.accept(1, newAppid());
      const busy = settlement(claimed(await steps.claim(id)), 'RETRYING', { mayHaveActed });
      await scratch.worker.operations.settle(busy);
      const first = claimed(await steps.claim(id));
      await scratch.worker.operations.settle(settlement(first, 'RETRYING', { restartsDeadline: true }));
      const next = claimed(await steps.claim(id));
      expect(next.startedAt?.getTime() === first.startedAt?.getTime()).toBe(mayHaveActed);
    }
  });
});
