import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { cancelUnsent } from '@wxa/operations';
import { accept, acceptQuery, begin, cancel, claim, settle, stateOf, toEvent } from './operation-steps.js';
import { event } from './scratch-store.js';
import { column, gateway, newAppid, pool, sql, useStore } from './use-store.js';

useStore();

const published = (ids: string[]) =>
  column(
    'select event_id from outbox where event_id = any($1) order by id',
    ids.map((id) => `${id}.completed`),
  );

describe('cancel', () => {
  it('cancel ends an unsent operation, publishes that once and returns already-cancelled when it is repeated', async () => {
    const id = await accept();
    expect(await cancel(id)).toMatchObject({ kind: 'cancelled', operation: { state: 'CANCELLED' } });
    expect(await cancel(id)).toMatchObject({ kind: 'already-cancelled' });
    expect((await claim(id)).kind).toBe('finished');
    expect(await published([id])).toHaveLength(1);
  });

  it('cancel returns too-late for an operation that runs or was sent and unknown for an unknown id', async () => {
    const operation = await begin();
    expect((await cancel(operation.id)).kind).toBe('too-late');
    await settle(operation, 'RETRYING');
    expect((await cancel(operation.id)).kind).toBe('too-late');
    expect((await cancel(randomUUID())).kind).toBe('unknown');
  });
});

it('cancelUnsentQueries cancels and publishes unsent queries and leaves changes and claimed queries', async () => {
  const appid = newAppid();
  const unsent = [await acceptQuery(appid), await acceptQuery(appid)];
  const [running, change] = [await acceptQuery(appid), await accept()];
  await claim(running);
  const ids = [...unsent, running, change, randomUUID()];
  const cancelAll = async () =>
    (await gateway.operations.cancelUnsentQueries(ids, toEvent)).map(({ id }) => id).toSorted();
  expect(await cancelAll()).toEqual(unsent);
  expect(await cancelAll()).toEqual([]);
  expect(await Promise.all(unsent.map(stateOf))).toEqual(['CANCELLED', 'CANCELLED']);
  expect([await stateOf(running), await stateOf(change)]).toEqual(['RUNNING', 'QUEUED']);
  expect(await published(ids)).toHaveLength(2);
});

it('A change that may have been executed before a restore is cancelled only after three negative reads', async () => {
  const client = await pool.connect();
  const author = { writer: 'release-worker', replica: '', floor: { id: '0' } } as const;
  const publisher = { ...author, toEvent: (appid: string) => event(appid, 'no audit') };
  const cancelAll = (ids: string[]) =>
    cancelUnsent(client, publisher, { ids, queriesOnly: false }, toEvent).then((all) => all.length);
  try {
    for (const negativeReads of [0, 2, 3]) {
      const [one, other] = [await accept(), await accept()];
      const suspected = 'update operations set may_have_acted = true, said_not_done = $2 where id = any($1)';
      await sql(suspected, [one, other], negativeReads);
      const { kind } = await cancel(one);
      const isCancelled = negativeReads === 3;
      expect([kind, await cancelAll([other])]).toEqual(isCancelled ? ['cancelled', 1] : ['too-late', 0]);
    }
  } finally {
    client.release();
  }
});
