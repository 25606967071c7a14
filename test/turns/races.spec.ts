import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { RolloutStep } from '@wxa/contracts';
import { liftStops, stopApis } from '@wxa/limits';
import { ROOMS } from '@wxa/methods';
import { NOBODY, type Recording } from '@wxa/postgres/trail';
import { BLOCKED } from '../blocked.js';
import { eventually } from '../eventually.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { gateway, pool, sql, useStore } from '../store/use-store.js';
import { atStatement } from './turn-connection.js';
import { BY_NOBODY, refusalOf, steps } from './turn-steps.js';

useStore();
beforeEach(async () => {
  await steps.endAll();
  await sql('delete from api_limits');
});

describe('the stop of an API', () => {
  const BY: Recording = { by: NOBODY, onRecorded: () => undefined };
  const COMMIT = ROOMS.Commit.api;
  const stop = (inMs: number) =>
    stopApis(pool, BY, { apis: [COMMIT], until: new Date(Date.now() + inMs), reason: 'broken template' });

  it('A lift while a turn begins its hold does not wait for the turn, and wakes the rollout', async () => {
    await stop(3_600_000);
    const id = await steps.start(newAppids(1));
    await steps.turn((turn) =>
      atStatement(turn, 'turn-stops', async (send) => {
        const read = await send();
        await liftStops(pool, BY, [COMMIT]);
        return read;
      }),
    );
    expect((await steps.rollout(id)).holds).toMatchObject([{ cause: 'CAUSE_API_STOPPED' }]);
    await steps.turns();
    expect(await steps.states(id)).toEqual(['RUNNING']);
  });

  it('A new end of a stop is the new end of the holds, and the rollout is due then', async () => {
    await stop(3_600_000);
    const id = await steps.begin(newAppids(1));
    const [{ until } = { until: new Date() }] = await stop(60_000);
    await steps.turns();
    expect((await steps.rollout(id)).holds).toMatchObject([{ until: until.toISOString() }]);
    await steps.clock(60_000);
    await sql('delete from api_limits');
    await steps.turns();
    expect(await steps.states(id)).toEqual(['RUNNING']);
  });
});

it('A request_id that another call is just using is refused as used, or repeated, once that has committed', async () => {
  const first = await steps.start(newAppids(1));
  const rollback = { requestId: randomUUID(), requestHash: Buffer.from('a'), specOf: () => ({}) };
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query(
      `insert into rollouts (id, caller, request_id, request_hash, spec, state, last_turn_at, created_at, updated_at)
         values ($1, 'shop', $2, 'b', '{}', 'DRAFT', now(), now(), now())`,
      [randomUUID(), rollback.requestId],
    );
    const by = { ...NOBODY, caller: 'shop' };
    const created = gateway.rollouts.rollBack(first, rollback, { ...BY_NOBODY, by });
    await eventually(async () => (await sql(BLOCKED)).length > 0);
    await client.query('commit');
    expect(await created).toMatchObject({ kind: 'reused' });
  } finally {
    client.release();
  }
});

describe('batch commands', () => {
  it('A cancellation ends a retry that has not begun: targets that failed stay so', async () => {
    const id = await steps.begin(newAppids(2));
    await steps.fail(id, 85051);
    await steps.turns();
    await steps.retry(id);
    await steps.cancel(id);
    await steps.succeed(id);
    await steps.turns();
    expect(await steps.states(id)).toEqual(['FAILED', 'CANCELLED']);
    expect((await steps.rollout(id)).state).toBe('CANCELLED');
  });

  it('A filter by reason does not select targets that keep an error for a later move', async () => {
    const id = await steps.start(newAppids(1), { firstStep: RolloutStep.ROLLOUT_STEP_RELEASE });
    await steps.turn();
    const [release] = await steps.open(id);
    await steps.pause(id);
    await steps.settle(release?.id ?? '', 'FAILED', refusalOf(85052));
    await steps.turn();
    await steps.skip(id, { errcode: 85052 });
    await steps.turn();
    expect(await steps.targets(id)).toMatchObject([{ step: 7, state: 'PENDING', errcode: null }]);
  });
});
