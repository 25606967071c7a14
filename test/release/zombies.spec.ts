import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { App } from '@wxa/stack';
import pg from 'pg';
import { anAppid, eventually, World } from '../world.js';

// A call's longest time is short here, so that a claim whose owner was stopped runs out soon.
const ENV = { WECHAT_TIMEOUT_MS: '1000', OPERATION_LEASE_MARGIN_MS: '500' };

let world: World;
let appid: string;
beforeAll(async () => {
  world = await World.start({ workers: 2, env: ENV });
}, 60_000);
afterAll(() => world?.stop(), 60_000);
beforeEach(() => {
  appid = anAppid();
});

/** The one worker that has an operation in its lanes. */
function ownerOfTheOnlyOperation(): Promise<App> {
  return eventually(async () => {
    const inLanes = await Promise.all(
      world.stack.addresses.workers.map(async (url) => {
        const metrics = await (await fetch(`${url}/metrics`)).text();
        return /^wxa_operations_in_lanes [1-9]/m.test(metrics);
      }),
    );
    const [owner, ...others] = world.stack.workers.filter((_, i) => inLanes[i]);
    expect(others).toEqual([]);
    if (owner === undefined) throw new Error('no worker has it yet');
    return owner;
  });
}

/** WeChat did it once, it was heard of under one id, and the next change runs. */
async function expectOnce(id: string): Promise<void> {
  const done = await eventually(async () => {
    const operation = await world.get(id);
    expect(operation.state).toBe('OPERATION_STATE_SUCCEEDED');
    return operation;
  }, 40_000);
  const next = await world.run('Commit', { appid, templateId: 1n, userVersion: '2.0' });
  expect(next.state).toBe('OPERATION_STATE_SUCCEEDED');
  const effects = (await world.sim.calls({ appid, api: 'wxa/commit' })).filter(
    (call) => call.effect !== null,
  );
  expect(effects.map((call) => JSON.parse(call.body).user_version)).toEqual(['1.0', '2.0']);
  await eventually(() => world.messages('OperationCompleted', appid).length >= 2);
  expect(new Set(world.messages('OperationCompleted', appid).map((m) => m.id)).size).toBe(2);
  expect(await world.get(id)).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED', endTime: done.endTime });
}

const commit = () => world.change('Commit', { appid, templateId: 1n, userVersion: '1.0' });
const state = async (id: string) => (await world.get(id)).state;

describe('a worker stopped for longer than its claim holds changes nothing when it wakes up', () => {
  it('stopped after WeChat acted, before its answer', async () => {
    const fault = await world.sim.addFault({ api: 'wxa/commit', appid, kind: 'hang', when: 'after' });
    const { id } = await commit();
    await eventually(async () => (await world.sim.fault(fault.id)).held === 1);
    const owner = await ownerOfTheOnlyOperation();
    owner.kill('SIGSTOP');
    await eventually(async () => (await state(id)) !== 'OPERATION_STATE_RUNNING', 40_000);
    await world.sim.releaseFault(fault.id);
    owner.kill('SIGCONT');
    await expectOnce(id);
    await owner.waitReady();
  }, 90_000);

  it('stopped after its claim, before the request', async () => {
    const { workers, addresses } = world.stack;
    // No worker takes it before its row is locked, so that the claim waits in Postgres.
    for (const worker of workers) worker.kill('SIGSTOP');
    const { id } = await commit();
    const locker = new pg.Client({ connectionString: addresses.postgres });
    await locker.connect();
    await locker.query('begin');
    await locker.query('select from operations where id = $1 for update', [id]);
    for (const worker of workers) worker.kill('SIGCONT');
    const waiting = `select from pg_stat_activity where application_name = 'wxa release-worker'
      and datname = current_database() and wait_event_type = 'Lock'`;
    await eventually(async () => ((await locker.query(waiting)).rowCount ?? 0) > 0);
    const owner = await ownerOfTheOnlyOperation();
    owner.kill('SIGSTOP');
    await locker.query('commit');
    await eventually(async () => (await state(id)) === 'OPERATION_STATE_RUNNING');
    expect(await world.sim.calls({ appid })).toEqual([]);
    await eventually(async () => (await state(id)) !== 'OPERATION_STATE_RUNNING', 40_000);
    owner.kill('SIGCONT');
    await locker.end();
    await expectOnce(id);
    await owner.waitReady();
  }, 90_000);
});
