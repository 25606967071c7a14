import { beforeEach, describe, expect, it } from '@jest/globals';
import { newAppids } from '../rollouts/rollout-steps.js';
import { claim } from '../store/operation-steps.js';
import { column, sql, useStore, whileLocked } from '../store/use-store.js';
import { steps } from './turn-steps.js';

useStore();
beforeEach(steps.endAll);

/** A rollout with an operation of each target, in the order of the targets. */
async function accepted(targets: number) {
  const id = await steps.begin(newAppids(targets));
  const operations = await column<string>(
    'select operation_id from rollout_targets where rollout_id = $1 order by position',
    id,
  );
  return { id, operations };
}

describe('cancellation', () => {
  it('A cancelled rollout cancels and publishes its operations that were never sent, and waits for the others', async () => {
    const { id, operations } = await accepted(4);
    const [claimed = '', sent = '', unsent = '', queued = ''] = operations;
    await steps.settle(sent, 'RETRYING', { attempts: 1, retryInMs: 3_600_000 });
    await steps.settle(unsent, 'RETRYING', { attempts: 0, retryInMs: 3_600_000 });
    await claim(claimed);
    await steps.cancel(id);
    await steps.turns();
    expect(await steps.states(id)).toEqual(['RUNNING', 'RUNNING', 'CANCELLED', 'CANCELLED']);
    const completed = await sql(
      `select event_id, source from outbox where type like '%OperationCompleted' order by event_id`,
    );
    expect(completed).toEqual(
      [unsent, queued].toSorted().map((of) => ({ event_id: `${of}.completed`, source: 'gateway' })),
    );
    expect((await claim(queued)).kind).toBe('finished');
    await sql(
      `with ended as (update operations set state = 'SUCCEEDED', ended_at = now() where id = any($1) returning *)
       insert into rollout_wakeups (rollout_id, appid) select rollout_id, appid from ended`,
      [claimed, sent],
    );
    await steps.turns();
    expect(await steps.states(id)).toEqual(Array(4).fill('CANCELLED'));
    expect((await steps.rollout(id)).state).toBe('CANCELLED');
  });

  it('An operation that is claimed during the turn of a cancellation runs', async () => {
    const { id, operations } = await accepted(2);
    await steps.cancel(id);
    await steps.turn(async () => void (await claim(operations[0] ?? '')));
    await steps.turns();
    expect(await steps.states(id)).toEqual(['RUNNING', 'CANCELLED']);
  });

  it('An operation that another transaction has locked is cancelled by a later turn', async () => {
    const { id, operations } = await accepted(2);
    await steps.cancel(id);
    await whileLocked('select from operations where id = $1 for update', [operations[0]], async () => {
      await steps.turn();
      await steps.turn();
      expect(await steps.states(id)).toEqual(['RUNNING', 'CANCELLED']);
    });
    await steps.turns();
    expect(await steps.states(id)).toEqual(['CANCELLED', 'CANCELLED']);
  });
});
