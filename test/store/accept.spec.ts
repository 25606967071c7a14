import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { newOperation, type ScratchStore, scratchStore } from './scratch-store.js';

let scratch: ScratchStore;
beforeAll(async () => {
  scratch = await scratchStore();
});
afterAll(() => scratch?.close());

describe('accept', () => {
  it('accept stores an operation with its command and returns the outbox id of the command', async () => {
    await scratch.sql('delete from outbox');
    const operation = newOperation({ appid: newAppid() });
    const { id, command } = operation;
    const accepted = await scratch.gateway.operations.accept(operation);
    const events = await scratch.sql<{ id: string; event_id: string }>(
      'select id, event_id from outbox where appid = $1',
      [operation.appid],
    );
    expect(events).toEqual([{ id: expect.any(String), event_id: command.id }]);
    expect(accepted).toEqual({ kind: 'accepted', id, outboxId: events[0]?.id });
  });

  it('accept returns no outbox id while an event of another writer is in the outbox', async () => {
    await scratch.sql('delete from outbox');
    await scratch.gateway.operations.accept(newOperation({ appid: newAppid() }));
    await scratch.sql('update outbox set written_by = null');
    expect(await scratch.gateway.operations.accept(newOperation({ appid: newAppid() }))).toMatchObject({
      outboxId: null,
    });
  });

  it('accept distinguishes a repeated request from a reused request_id', async () => {
    const first = newOperation({ appid: newAppid(), requestId: 'r-1' });
    await scratch.gateway.operations.accept(first);
    const repeat = newOperation({ appid: first.appid, requestId: 'r-1' });
    expect(await scratch.gateway.operations.accept(repeat)).toEqual({ kind: 'repeated', id: first.id });
    const reuse = newOperation({ appid: first.appid, requestId: 'r-1', requestHash: Buffer.from('other') });
    expect(await scratch.gateway.operations.accept(reuse)).toEqual({ kind: 'reused', id: first.id });
    const other = newOperation({ appid: newAppid(), requestId: 'r-1' });
    expect(await scratch.gateway.operations.accept(other)).toMatchObject({ kind: 'accepted', id: other.id });
  });

  it('accept makes one operation of 50 concurrent equal requests in two processes', async () => {
    const appid = newAppid();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        (i % 2 ? scratch.gateway : scratch.worker).operations.accept(
          newOperation({ appid, requestId: 'same' }),
        ),
      ),
    );
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(answers.filter(({ kind }) => kind === 'accepted')).toHaveLength(1);
    expect(await scratch.sql('select from outbox where appid = $1', [appid])).toHaveLength(1);
  });

  it('accept keeps the order in which one process accepts', async () => {
    const appid = newAppid();
    const operations = Array.from({ length: 500 }, () => newOperation({ appid }));
    await Promise.all(operations.map((operation) => scratch.gateway.operations.accept(operation)));
    const rows = await scratch.sql<{ id: string }>(
      'select id from operations where appid = $1 order by seq',
      [appid],
    );
    expect(rows.map(({ id }) => id)).toEqual(operations.map(({ id }) => id));
    const sent = await scratch.sql<{ event_id: string }>(
      'select event_id from outbox where appid = $1 order by id',
      [appid],
    );
    expect(sent.map(({ event_id }) => event_id)).toEqual(operations.map(({ command }) => command.id));
  });
});
