import { beforeEach, describe, expect, it } from '@jest/globals';
import { ROLLOUTS_CHANNEL } from '@wxa/rollouts/rows';
import { attemptWithin } from '../attempt-within.js';
import { eventually } from '../eventually.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { accept } from '../store/operation-steps.js';
import { observing, openStore } from '../store/scratch-store.js';
import { column, scratch, sql, useStore, value, worker } from '../store/use-store.js';
import { atStatement } from './turn-connection.js';
import { COMMIT_ONLY, steps, TURN_OPTIONS } from './turn-steps.js';

useStore();
beforeEach(steps.endAll);

const MINUTE_MS = 60_000;
/** An operation under the idempotency key of the first commit of a target. */
const earlier = (id: string, appid: string, rolloutId: string | null) =>
  accept({ appid, requestId: `rollout-${id}-commit-1`, rolloutId });

describe('due', () => {
  it('A poll that finds no due rollout is one statement', async () => {
    const names: (string | undefined)[] = [];
    const store = await openStore({ url: scratch.url, observer: observing((name) => names.push(name)) });
    names.length = 0;
    for (let n = 0; n < 10; n += 1)
      expect((await store.rollouts.turn(TURN_OPTIONS, () => Promise.reject())).id).toBeUndefined();
    await store.close();
    expect(names.filter((name) => name === 'due-rollouts')).toHaveLength(10);
    // Besides, the store probes the server.
    expect(names.length).toBeLessThan(15);
  });

  it('A rollout with a wake-up is due 100 ms after its last turn, and at once if its time has come or the clock has gone back', async () => {
    const id = await steps.start(newAppids(1));
    const isDue = async (lastTurn: string, nextTurn: string) => {
      await sql('insert into rollout_wakeups (rollout_id, appid) values ($1, $2)', id, '');
      await sql(
        `update rollouts set last_turn_at = clock_timestamp() - $2::interval,
           next_turn_at = clock_timestamp() + $3::interval where id = $1`,
        ...[id, lastTurn, nextTurn],
      );
      return (await worker.rollouts.turn(TURN_OPTIONS, async () => undefined)).id === id;
    };
    await attemptWithin(100, async () => expect(await isDue('0 s', '1 hour')).toBe(false));
    expect(await isDue('100 ms', '1 hour')).toBe(true);
    expect(await isDue('0 s', '0 s')).toBe(true);
    // The clock of Postgres has gone back since.
    expect(await isDue('-1 hour', '1 hour')).toBe(true);
  });

  it('The clock goes back: a rollout whose last turn is later than now is served before those that are due again and again', async () => {
    const [ahead, other] = [await steps.start(newAppids(1)), await steps.start(newAppids(1))];
    await sql(
      `update rollouts set next_turn_at = now(), last_turn_at = now()
         + case id when $1::uuid then interval '1 hour' else interval '-1 second' end where id in ($1, $2)`,
      ...[ahead, other],
    );
    expect((await worker.rollouts.turn(TURN_OPTIONS, async () => undefined)).id).toBe(ahead);
  });

  it('A rollout that becomes live is announced, also after it had ended', async () => {
    let announced = 0;
    const unlisten = worker.leases.listen(ROLLOUTS_CHANNEL, () => {
      announced += 1;
    });
    try {
      const listening = `select from pg_stat_activity where datname = current_database() and query like 'listen%'`;
      await eventually(async () => (await sql(listening)).length > 0);
      const id = await steps.start(newAppids(1));
      await eventually(() => announced === 1);
      await sql(`update rollouts set state = 'COMPLETED' where id = $1`, id);
      await steps.retry(id);
      await eventually(() => announced === 2);
    } finally {
      unlisten();
    }
  });
});

describe('turn', () => {
  it('Turns process all batch commands that wait, also those behind the first', async () => {
    const [a = '', b = ''] = newAppids(2);
    const id = await steps.begin([a, b]);
    for (let n = 0; n < 2; n += 1) await steps.fail(id, 85051);
    await steps.turns();
    expect((await steps.rollout(id)).state).toBe('COMPLETED');
    await steps.retry(id, { appids: [a] });
    await steps.skip(id, { appids: [b] });
    await steps.retry(id, { appids: [b] });
    await steps.turns();
    expect(await steps.states(id)).toEqual(['RUNNING', 'RUNNING']);
    expect(await sql('select from rollout_changes where rollout_id = $1 and not done', id)).toEqual([]);
  });

  it('A rollout does not end while a command waits that brings targets back', async () => {
    const [a = '', b = ''] = newAppids(2);
    const id = await steps.begin([a, b], { maxInFlight: 1 });
    await steps.fail(id, 85051);
    await steps.skip(id, { appids: [b] });
    await steps.retry(id);
    await steps.turns();
    expect(await steps.states(id)).toEqual(['RUNNING', 'SKIPPED']);
    expect((await steps.rollout(id)).state).toBe('RUNNING');
  });

  it('Every end of a target is published, also two of one turn', async () => {
    const [a = ''] = newAppids(1);
    const id = await steps.begin([a]);
    await steps.clock(120_000);
    await steps.turns();
    await steps.fail(id, 85051);
    await steps.skip(id, { appids: [a] });
    await steps.turns();
    expect(await steps.states(id)).toEqual(['SKIPPED']);
    const ends = `select event_id from outbox where appid = $1 and type like '%RolloutTargetCompleted' order by id`;
    expect(await column(ends, id)).toEqual([`${id}.${a}.1`, `${id}.${a}.2`]);
  });

  it('A turn adopts the operation of each mini-program that a restored database has', async () => {
    const appids = newAppids(3);
    const id = await steps.start(appids);
    const restored: string[] = [];
    for (const appid of appids) restored.push(await earlier(id, appid, id));
    await steps.turns();
    const adopted = 'select operation_id from rollout_targets where rollout_id = $1 order by position';
    expect(await column(adopted, id)).toEqual(restored);
    expect((await steps.open(id)).map((operation) => operation.id)).toEqual(restored);
  });

  it('Targets whose idempotency key is taken fail with the operation that took it, count for stop rules and leave their slots to others', async () => {
    const [a = '', b = ''] = newAppids(2);
    const id = await steps.start([a, b], { maxInFlight: 1 });
    const taken = await earlier(id, a, null);
    await steps.turns();
    const failed = { state: 'FAILED', reason: 'REQUEST_ID_TAKEN', operation_id: taken };
    expect(await steps.targets(id)).toMatchObject([failed, { state: 'RUNNING' }]);
    const tally = await value('select tally from rollouts where id = $1', id);
    expect(tally).toMatchObject({ COMMIT: { passed: 0, failed: 1 } });
  });

  it('A turn finds operations that ended without a wake-up, as workers of 0.2.0 end them', async () => {
    const id = await steps.begin(newAppids(1), COMMIT_ONLY);
    await steps.succeed(id);
    await sql('delete from rollout_wakeups');
    await steps.turns();
    expect(await steps.states(id)).toEqual(['RUNNING']);
    await steps.clock(120_000);
    await steps.turns();
    expect(await steps.states(id)).toEqual(['SUCCEEDED']);
  });

  it('A worker whose clock is ahead delays no step', async () => {
    const id = await steps.begin(newAppids(1));
    await steps.succeed(id, '', { endedAt: new Date(Date.now() + 3_600_000) });
    await steps.turns();
    expect(await steps.open(id)).toMatchObject([{ method: 'SubmitAudit' }]);
  });

  it('Of two rollouts with one mini-program, the later waits, and continues when the first is done with it', async () => {
    const [a = ''] = newAppids(1);
    const first = await steps.start([a], COMMIT_ONLY);
    const second = await steps.begin([a]);
    expect(await steps.targets(second)).toMatchObject([{ state: 'WAITING', waits_for: 'OTHER_ROLLOUT' }]);
    await steps.succeed(first);
    await steps.turns();
    expect([await steps.states(first), await steps.states(second)]).toEqual([['SUCCEEDED'], ['RUNNING']]);
  });

  it('A target that began to wait while the other rollout released its mini-program looks again within 5 s', async () => {
    const [a = ''] = newAppids(1);
    const first = await steps.begin([a], COMMIT_ONLY);
    const second = await steps.start([a]);
    await steps.turn((turn) =>
      atStatement(turn, 'pending-targets', async (send) => {
        const read = await send();
        await steps.succeed(first);
        expect(await steps.turn()).toBe(first);
        return read;
      }),
    );
    expect(await steps.targets(second)).toMatchObject([{ state: 'WAITING', waits_for: 'OTHER_ROLLOUT' }]);
    await steps.clock(5_000);
    await steps.turns();
    expect(await steps.states(second)).toEqual(['RUNNING']);
  });
});

it('The steps that ended are counted in clock minutes, and the last full one is kept', async () => {
  const id = await steps.begin(newAppids(3), COMMIT_ONLY);
  const minute = async () => {
    const [row] = await sql<{ minute_at: Date; steps_in_minute: number; steps_last_minute: number }>(
      ...(['select * from rollouts where id = $1', id] as const),
    );
    return { at: row?.minute_at.getTime() ?? 0, counts: [row?.steps_in_minute, row?.steps_last_minute] };
  };
  const counts = [
    [4, 7],
    [1, 3],
    [1, 0],
  ];
  for (const ago of [0, 1, 2]) {
    await sql(
      `update rollouts set minute_at = date_trunc('minute', clock_timestamp()) - $2 * interval '1 minute',
           steps_in_minute = 3, steps_last_minute = 7 where id = $1`,
      ...[id, ago],
    );
    const { at } = await minute();
    const [commit] = await steps.open(id);
    expect(await steps.settle(commit?.id ?? '', 'SUCCEEDED')).toBe(true);
    await steps.turns();
    const after = await minute();
    // The clock may have reached the next minute.
    const passed = Math.min(2, (after.at - at) / MINUTE_MS);
    expect(passed).toBeGreaterThanOrEqual(ago);
    expect(after.counts).toEqual(counts[passed]);
  }
  await sql(`update rollouts set minute_at = minute_at - interval '1 minute' where id = $1`, id);
  expect([0, 1]).toContain((await steps.rollout(id)).stepsPerMinute);
});
