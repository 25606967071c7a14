import { EventEmitter, once } from 'node:events';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { RolloutCheck } from '@wxa/contracts';
import type { SettlementWithAudits } from '@wxa/operations';
import { Conductor } from '@wxa/release-worker';
import { TurnError } from '@wxa/rollouts/turn';
import { BLOCKED } from '../blocked.js';
import { eventually } from '../eventually.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { gateway, sql, useStore, worker } from '../store/use-store.js';
import { atStatement } from './turn-connection.js';
import { FROM_CHECK, refusalOf, steps, TURN_OPTIONS } from './turn-steps.js';

useStore();
beforeEach(steps.endAll);

describe('turn', () => {
  it('PauseRollout gets the lock when the turn has committed, and no turn accepts anything after it', async () => {
    const id = await steps.start(newAppids(2));
    let paused: Promise<unknown> | undefined;
    let isPaused = false;
    await steps.turn((turn) =>
      atStatement(turn, 'accept', async (send) => {
        paused = steps.pause(id).finally(() => {
          isPaused = true;
        });
        await eventually(async () => (await sql(BLOCKED)).length > 0);
        expect(isPaused).toBe(false);
        return send();
      }),
    );
    await paused;
    expect(await steps.open(id)).toHaveLength(2);
    await steps.clock(600_000);
    await steps.turns();
    expect(await steps.open(id)).toHaveLength(2);
    expect((await steps.rollout(id)).state).toBe('PAUSED');
  });

  it('A turn that stands still is ended by Postgres after 5 s, and another worker repeats it', async () => {
    const id = await steps.start(newAppids(1));
    const events = new EventEmitter();
    const standing = once(events, 'standing');
    const resumed = once(events, 'resume');
    const stalled = steps.turn((turn) =>
      // A process that is stopped sends nothing.
      atStatement(turn, 'accept', async (send) => {
        const { rows } = await turn.client.query('show idle_in_transaction_session_timeout');
        events.emit('standing', rows[0].idle_in_transaction_session_timeout);
        await resumed;
        return send();
      }),
    );
    const failed = expect(stalled).rejects.toThrow(TurnError);
    expect(await standing).toEqual(['5s']);
    expect(await steps.turn()).toBeUndefined();
    await eventually(async () => expect(await steps.turn()).toBe(id));
    events.emit('resume');
    await failed;
    expect(await steps.states(id)).toEqual(['RUNNING']);
    expect(await steps.open(id)).toHaveLength(1);
  });
});

it('A turn accepts 4 MiB of them, so that it ends within the limits of time, and the next turns the others', async () => {
  const extJson = JSON.stringify({ ext: { text: 'x'.repeat(250_000) } });
  const id = await steps.start(newAppids(40), { extJson });
  const accepted: number[] = [];
  while ((await steps.turn()) !== undefined) accepted.push((await steps.open(id)).length);
  expect(accepted).toEqual([17, 34, 40]);
});

describe('what WeChat answers', () => {
  const NUL = '\u0000';
  const settled = async (id: string, settlements: Partial<SettlementWithAudits>[]) => {
    await steps.turns();
    for (const [i, { id: operation }] of (await steps.open(id)).entries())
      await steps.settle(operation, settlements[i]?.error ? 'FAILED' : 'SUCCEEDED', settlements[i]);
    await steps.turns();
    return steps.targets<{ state: string; error_title: string; baseline_version: string }>(id);
  };

  it('A NUL character in an error stops no turn, also if the error pauses the rollout', async () => {
    const id = await steps.start(newAppids(2));
    const targets = await settled(id, [refusalOf(85051, NUL), refusalOf(85014, NUL)]);
    expect(targets.map(({ state }) => state)).toEqual(['FAILED', 'PENDING']);
    expect(targets[0]?.error_title).toBe('refused with 85051');
    expect(await steps.rollout(id)).toMatchObject({ state: 'PAUSED', pauseCause: 'PLATFORM' });
    const [paused] = await gateway.rollouts.listChanges({ rolloutId: id, limit: 1 });
    const explanation = { arguments: { errmsg: 'refused with 85014' } };
    expect(paused).toMatchObject({ type: 'PAUSED', explanation });
  });

  it('A NUL character in the filter of a command, which gateways accepted before, stops no turn', async () => {
    const id = await steps.begin(newAppids(1));
    await steps.skip(id, {});
    const args = JSON.stringify({ filter: { reason: `a${NUL}`, title: NUL } });
    await sql(`update rollout_changes set args = $2 where rollout_id = $1 and type = 'SKIPPED'`, id, args);
    await steps.turns();
    const [skipped] = await gateway.rollouts.listChanges({ rolloutId: id, limit: 1 });
    expect(skipped).toMatchObject({ type: 'SKIPPED', moved: 0, explanation: null });
    expect(await sql('select from rollout_changes where rollout_id = $1 and not done', id)).toEqual([]);
  });

  it('A NUL character in the live version stops no turn', async () => {
    const checks = [RolloutCheck.ROLLOUT_CHECK_BASELINE];
    const id = await steps.start(newAppids(1), { ...FROM_CHECK, checks });
    const result = JSON.stringify({ release: { version: `1.0${NUL}` } });
    expect(await settled(id, [{ result }])).toMatchObject([{ state: 'RUNNING', baseline_version: '1.0' }]);
  });
});

it.each([
  ['step', `update rollout_counts set step = 99 where rollout_id = $1`, 'unknown step 99'],
  [
    'field',
    `update rollouts set spec = (spec::jsonb || '{"audit": {"newField": 7}}')::json where id = $1`,
    'unknown field spec.audit.newField',
  ],
])('A rollout with an unknown %s is left out and logged, and the others run', async (_, spoil, error) => {
  const id = await steps.start(newAppids(1));
  await sql(spoil, id);
  const other = await steps.start(newAppids(1));
  const failures: [error: string, rollout: string | undefined][] = [];
  const conductor = new Conductor(worker, {
    ...{ ...TURN_OPTIONS, mayRun: () => true, onTurn: () => undefined },
    onFailure: (failure, rollout) => failures.push([String(failure), rollout]),
  });
  conductor.wakeUp();
  await eventually(async () => expect(await steps.states(other)).toEqual(['RUNNING']));
  await eventually(() => failures.length >= 2);
  await conductor.stop();
  const failure = [expect.stringContaining(error), id];
  expect(failures).toEqual([failure, failure]);
  expect(await steps.states(id)).toEqual(['PENDING']);
});
