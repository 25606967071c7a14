import { beforeEach, describe, expect, it } from '@jest/globals';
import { newOperation as acceptable, continueTrace } from '@wxa/contracts';
import { type NewOperation, operationId } from '@wxa/operations';
import type { OutboxRow } from '@wxa/postgres/outbox';
import { newOperation } from './scratch-store.js';
import { column, gateway, newAppid, sql, useStore, worker } from './use-store.js';

useStore();

const accept = (given = {}, store = gateway) => store.operations.accept(newOperation(given));

describe('accept', () => {
  it('accept stores an operation with its command and returns the outbox id of the command', async () => {
    await sql('delete from outbox');
    const operation = newOperation();
    const accepted = await gateway.operations.accept(operation);
    const events = await sql<{ id: string }>('select id, event_id from outbox');
    expect(events).toEqual([{ id: expect.any(String), event_id: operation.command.id }]);
    expect(accepted).toEqual({ kind: 'accepted', id: operation.id, outboxId: events[0]?.id });
  });

  it('accept returns no outbox id while an event of another writer is in the outbox', async () => {
    await accept();
    await sql('update outbox set written_by = null');
    expect(await accept()).toMatchObject({ kind: 'accepted', outboxId: null });
    await sql('delete from outbox');
  });

  it('The relay reads a command as it was accepted, with the trace and the request of its operation', async () => {
    await sql('delete from outbox');
    const request = { appid: newAppid(), requestId: 'read', ext: { b: [1.5, null], a: '版本\\u0000' } };
    const trace = { traceparent: continueTrace(undefined), tracestate: 'vendor=1' };
    const at = { id: operationId(new Date()), createdAt: new Date(), ...trace };
    const operation = acceptable({ ...at, method: 'Commit', request }, 'gateway');
    await gateway.operations.accept(operation);
    const { rows } = await gateway.outbox.advance([], 500);
    expect(rows).toEqual([{ ...operation.command, outboxId: expect.any(String), subject: null }]);
    await gateway.outbox.quarantine(rows[0] as OutboxRow, 'REJECTED');
    expect(await sql('select from outbox')).toEqual([]);
    expect(await sql('select writer, event_id, value from outbox_refused')).toEqual([
      { writer: 'gateway', event_id: operation.command.id, value: operation.command.value },
    ]);
  });

  it('The command of an operation that retention has deleted leaves the outbox unpublished', async () => {
    const [first, second] = [newOperation(), newOperation()];
    for (const operation of [first, second]) await gateway.operations.accept(operation);
    await sql('delete from operations where id = $1', first.id);
    const { rows } = await gateway.outbox.advance([], 500);
    expect(rows.map(({ id }) => id)).toEqual([second.command.id]);
    expect(await column('select event_id from outbox')).toEqual([second.command.id]);
    await sql('delete from outbox');
  });

  it('accept distinguishes a repeated request from a reused request_id', async () => {
    const first = { appid: newAppid(), requestId: 'r-1' };
    const { id } = await accept(first);
    expect(await accept(first)).toEqual({ kind: 'repeated', id });
    expect(await accept({ ...first, requestHash: Buffer.from('other') })).toEqual({ kind: 'reused', id });
    expect(await accept({ ...first, appid: newAppid() })).toMatchObject({ kind: 'accepted' });
  });

  it('accept keeps the caller and the person of the first request', async () => {
    const first = { appid: newAppid(), requestId: 'r-1' };
    const { id } = await accept({ ...first, acceptedBy: 'shop', onBehalfOf: '王小明' });
    expect(await accept({ ...first, acceptedBy: 'other', onBehalfOf: null })).toEqual({
      kind: 'repeated',
      id,
    });
    const stored = await sql('select accepted_by, on_behalf_of from operations where id = $1', id);
    expect(stored).toEqual([{ accepted_by: 'shop', on_behalf_of: '王小明' }]);
  });

  it('accept makes one operation of 50 concurrent equal requests in two processes', async () => {
    const same = { appid: newAppid(), requestId: 'same' };
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => accept(same, i % 2 ? gateway : worker)),
    );
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(answers.filter(({ kind }) => kind === 'accepted')).toHaveLength(1);
    expect(await sql('select from outbox where appid = $1', same.appid)).toHaveLength(1);
  });

  it('accept keeps the order in which one process accepts', async () => {
    const appid = newAppid();
    const operations = Array.from({ length: 500 }, () => newOperation({ appid }));
    await Promise.all(operations.map((operation) => gateway.operations.accept(operation)));
    const ids = await column('select id from operations where appid = $1 order by seq', appid);
    expect(ids).toEqual(operations.map(({ id }) => id));
    const sent = await column('select event_id from outbox where appid = $1 order by id', appid);
    expect(sent).toEqual(operations.map(({ command }) => command.id));
  });
});

describe('acceptAudit', () => {
  /** A call of a caller that may have `most` of the method in a month. */
  const audit = (most: number, given: Partial<NewOperation> = {}, store = gateway) =>
    store.operations.acceptAudit({
      ...newOperation({ method: 'SubmitAudit', acceptedBy: 'shop', ...given }),
      most,
    });
  const kinds = (answers: { kind: string }[]) => answers.map(({ kind }) => kind).toSorted();
  beforeEach(() => sql('delete from operations'));

  it('acceptAudit accepts exactly the audits that a caller may have, of concurrent ones in two processes, and those of others', async () => {
    const one = (i: number) => audit(7, {}, i % 2 ? gateway : worker);
    const calls = [...Array.from({ length: 20 }, (_, i) => one(i)), audit(1, { acceptedBy: 'other' })];
    const answers = kinds(await Promise.all(calls));
    expect(answers).toEqual([...Array(8).fill('accepted'), ...Array(13).fill('over-limit')]);
    expect(await audit(7)).toEqual({ kind: 'over-limit', used: 7 });
    expect(await column('select count(*)::int from operations')).toEqual([8]);
  });

  it('Speed-ups are counted apart, and no other method is', async () => {
    for (const method of ['SubmitAudit', 'Commit', 'SpeedUpAudit'])
      await accept({ method, acceptedBy: 'shop' });
    expect(await audit(2)).toMatchObject({ kind: 'accepted' });
    expect(await audit(2)).toEqual({ kind: 'over-limit', used: 2 });
    const speedUp = { method: 'SpeedUpAudit' };
    expect(kinds([await audit(2, speedUp), await audit(2, speedUp)])).toEqual(['accepted', 'over-limit']);
  });

  it('An audit that failed or was cancelled makes room, and so does the next month in China', async () => {
    await audit(1);
    for (const state of ['FAILED', 'CANCELLED']) {
      expect(await audit(1)).toEqual({ kind: 'over-limit', used: 1 });
      await sql('update operations set state = $1, ended_at = now() where ended_at is null', state);
      expect(await audit(1)).toMatchObject({ kind: 'accepted' });
    }
    const month = `date_trunc('month', now() + interval '8 hours', 'UTC') - interval '8 hours'`;
    const move = (by: string) => sql(`update operations set created_at = ${month} + $1::interval`, by);
    await move('1 second');
    expect(await audit(1)).toMatchObject({ kind: 'over-limit' });
    await move('-1 second');
    expect(await audit(1)).toMatchObject({ kind: 'accepted' });
  });

  it('A repeated request of a caller at its limit returns its operation, and takes no room', async () => {
    const first = { appid: newAppid(), requestId: 'r-1' };
    const { id } = (await audit(2, first)) as { id: string };
    const answers = await Promise.all([audit(2, first), audit(2), audit(2, first)]);
    expect(kinds(answers)).toEqual(['accepted', 'repeated', 'repeated']);
    const other = { ...first, requestHash: Buffer.from('other') };
    expect(await audit(2, other)).toEqual({ kind: 'reused', id });
  });

  it('A request that is sent twice at once takes the last room of its caller once', async () => {
    await audit(3);
    const twice = { appid: newAppid(), requestId: 'r-1' };
    const answers = await Promise.all([audit(3), audit(3, twice), audit(3, twice), audit(3)]);
    expect(kinds(answers)).toEqual(['accepted', 'accepted', 'over-limit', 'repeated']);
  });

  it('The index alone says how many a caller has', async () => {
    const plan = await column(`explain select count(*) from operations o where o.accepted_by = 'shop'
      and o.method = 'SubmitAudit' and o.created_at >= now() - interval '1 day'
      and o.method in ('SubmitAudit', 'SpeedUpAudit') and o.state not in ('FAILED', 'CANCELLED')`);
    expect(plan.join(' ')).toContain('Index Only Scan using operations_audits_of_callers');
  });
});
