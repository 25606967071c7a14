import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { newOperation, type ScratchStore, scratchStore } from './scratch-store.js';

let scratch: ScratchStore;
let late: pg.Client;
beforeAll(async () => {
  scratch = await scratchStore();
  late = new pg.Client({ connectionString: scratch.url });
  await late.connect();
});
afterAll(async () => {
  await late?.end();
  await scratch?.close();
});
beforeEach(() => scratch.sql('truncate operations, outbox'));

async function raise(): Promise<void> {
  for (let i = 0; i < 5; i += 1) await scratch.gateway.outbox.raiseFloor();
}

/** Publishes and deletes all pending events as the relay does; returns their outbox ids. */
async function relay(): Promise<string[]> {
  const { rows } = await scratch.gateway.outbox.advance([], 500);
  await scratch.gateway.outbox.advance(rows, 0);
  return rows.map(({ id }) => id);
}

async function acceptOne(): Promise<string> {
  const operation = newOperation();
  await scratch.gateway.operations.accept(operation);
  return operation.command.id;
}

describe('outbox floor', () => {
  it('The outbox floor stays below a row that is committed long after rows with higher ids were published', async () => {
    await acceptOne();
    await relay();
    await raise();
    const id = randomUUID();
    await late.query('begin');
    await late.query(
      `insert into outbox (writer, topic, event_id, type, source, appid, time, traceparent, value)
       values ('gateway', 'topic', $1, 'CodeCommand', '/test', 'wx', now(), '', '{}')`,
      [id],
    );
    for (let i = 0; i < 10; i += 1) {
      const later = await acceptOne();
      expect(await relay()).toEqual([later]);
      await raise();
    }
    await late.query('commit');
    expect(await relay()).toEqual([id]);
  });

  it('The outbox floor stays below a row that waits while rows with higher ids are deleted', async () => {
    const first = await acceptOne();
    await acceptOne();
    await scratch.sql('delete from outbox where event_id <> $1', [first]);
    await raise();
    expect(await relay()).toEqual([first]);
  });

  it('The outbox floor falls if a failover makes the sequence reuse ids', async () => {
    for (let i = 0; i < 10; i += 1) await acceptOne();
    await relay();
    await raise();
    await scratch.sql('alter sequence outbox_id_seq restart with 1');
    const again = await acceptOne();
    await raise();
    expect(await relay()).toEqual([again]);
  });
});
