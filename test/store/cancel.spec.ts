import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { claimed, OperationSteps, settlement } from './operation-steps.js';
import { event, newOperation, type ScratchStore, scratchStore } from './scratch-store.js';

let scratch: ScratchStore;
let steps: OperationSteps;
beforeAll(async () => {
  scratch = await scratchStore();
  steps = new OperationSteps(scratch);
});
afterAll(() => scratch?.close());

describe('cancel', () => {
  const cancel = (id: string) =>
    scratch.gateway.operations.cancel(id, (o) => event(o.appid, `${o.id}.cancelled`));

  it('cancel ends an unsent operation, publishes that once and returns already-cancelled when it is repeated', async () => {
    const [id = ''] = await steps.accept(1, newAppid());
    expect(await cancel(id)).toMatchObject({ kind: 'cancelled', operation: { state: 'CANCELLED' } });
    expect(await cancel(id)).toMatchObject({ kind: 'already-cancelled' });
    expect((await steps.claim(id)).kind).toBe('finished');
    expect(await scratch.sql('select from outbox where event_id = $1', [`${id}.cancelled`])).toHaveLength(1);
  });

  it('cancel returns too-late for an operation that runs or was sent and unknown for an unknown id', async () => {
    const [id = ''] = await steps.accept(1, newAppid());
    const operation = claimed(await steps.claim(id));
    expect((await cancel(id)).kind).toBe('too-late');
    await scratch.worker.operations.settle(settlement(operation, 'RETRYING'));
    expect((await cancel(id)).kind).toBe('too-late');
    expect((await cancel(randomUUID())).kind).toBe('unknown');
  });
});

describe('cancelUnsentQueries', () => {
  it('cancelUnsentQueries cancels and publishes unsent queries and leaves changes and claimed queries', async () => {
    const appid = newAppid();
    const queries = [1, 2, 3].map(() => newOperation({ appid, method: 'ListPages', isChange: false }));
    for (const query of queries) await scratch.gateway.operations.accept(query);
    const [change = ''] = await steps.accept(1, newAppid());
    const [first, second, running] = queries.map(({ id }) => id) as [string, string, string];
    claimed(await steps.claim(running));
    const ids = [first, second, running, change, randomUUID()];
    const cancel = () =>
      scratch.gateway.operations.cancelUnsentQueries(ids, (o) => event(o.appid, `${o.id}.unsent`));
    const cancelled = await cancel();
    expect(cancelled.map(({ id }) => id).sort()).toEqual([first, second].sort());
    expect(await cancel()).toEqual([]);
    const states = await scratch.sql<{ id: string; state: string }>(
      'select id, state from operations where id = any($1)',
      [ids],
    );
    expect(Object.fromEntries(states.map(({ id, state }) => [id, state]))).toEqual({
      [first]: 'CANCELLED',
      [second]: 'CANCELLED',
      [running]: 'RUNNING',
      [change]: 'QUEUED',
    });
    const events = await scratch.sql("select from outbox where event_id like '%.unsent'");
    expect(events).toHaveLength(2);
  });
});
