import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { newAppids } from '../rollouts/rollout-steps.js';
import { type ScratchStore, scratchStore } from '../store/scratch-store.js';
import { TurnSteps } from './turn-steps.js';

let scratch: ScratchStore;
let steps: TurnSteps;
beforeAll(async () => {
  scratch = await scratchStore();
  steps = new TurnSteps(scratch);
});
afterAll(() => scratch?.close());
beforeEach(() =>
  scratch.sql(`update rollouts set state = 'COMPLETED' where state not in ('DRAFT', 'CANCELLED')`),
);

const statesOf = async (id: string) => (await steps.targets(id)).map(({ state }) => state);
const claim = (id: string) => scratch.worker.operations.claim({ id, leaseMs: 60_000, key: randomUUID() });
const completed = async () =>
  (
    await scratch.sql<{ id: string }>(
      `select event_id as id from outbox where type like '%OperationCompleted' order by id`,
    )
  ).map(({ id }) => id);

/** A rollout with an operation of each target, in the order of the targets. */
async function accepted(targets: number) {
  const appids = newAppids(targets);
  const id = await steps.start(appids);
  await steps.turns();
  const open = new Map((await steps.open(id)).map((operation) => [operation.appid, operation.id]));
  return { id, operations: appids.map((appid) => open.get(appid) ?? '') };
}

describe('cancellation', () => {
  it('A cancelled rollout cancels and publishes its operations that were never sent, and waits for the others', async () => {
    const { id, operations } = await accepted(4);
    const [claimed = '', sent = '', unsent = '', queued = ''] = operations;
    await steps.settle(sent, 'RETRYING', { attempts: 1, endedAt: null, retryInMs: 3_600_000 });
    await steps.settle(unsent, 'RETRYING', { attempts: 0, endedAt: null, retryInMs: 3_600_000 });
    await claim(claimed);
    await steps.cancel(id);
    await steps.turns();
    expect(await statesOf(id)).toEqual(['RUNNING', 'RUNNING', 'CANCELLED', 'CANCELLED']);
    expect(await completed()).toEqual([`${unsent}.completed`, `${queued}.completed`].toSorted());
    expect((await claim(queued)).kind).toBe('finished');
    await scratch.sql(
      `with ended as (update operations set state = 'SUCCEEDED', ended_at = now() where id = any($1) returning *)
       insert into rollout_wakeups (rollout_id, appid) select rollout_id, appid from ended`,
      [[claimed, sent]],
    );
    await steps.turns();
    expect(await statesOf(id)).toEqual(['CANCELLED', 'CANCELLED', 'CANCELLED', 'CANCELLED']);
    expect((await steps.rollout(id)).state).toBe('CANCELLED');
  });

  it('An operation that is claimed during the turn of a cancellation runs', async () => {
    const { id, operations } = await accepted(2);
    await steps.cancel(id);
    await steps.turn(async () => {
      await claim(operations[0] ?? '');
    });
    await steps.turns();
    expect(await statesOf(id)).toEqual(['RUNNING', 'CANCELLED']);
  });

  it('An operation that another transaction has locked is cancelled by a later turn', async () => {
    const { id, operations } = await accepted(2);
    await steps.cancel(id);
    const other = new pg.Client({ connectionString: scratch.url });
    await other.connect();
    await other.query('begin');
    await other.query('select from operations where id = $1 for update', [operations[0]]);
    await steps.turn();
    await steps.turn();
    expect(await statesOf(id)).toEqual(['RUNNING', 'CANCELLED']);
    await other.query('rollback');
    await other.end();
    await steps.turns();
    expect(await statesOf(id)).toEqual(['CANCELLED', 'CANCELLED']);
  });
});
