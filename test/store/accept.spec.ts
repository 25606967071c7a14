import { describe, expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { newOperation } from './scratch-store.js';
import { column, gateway, sql, useStore, worker } from './use-store.js';

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
