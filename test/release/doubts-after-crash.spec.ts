import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { anAppid, eventually, World } from '../world.js';
import { ask, CHANGE_CASES, effects, ended } from './change-cases.js';

const ENV = { WECHAT_TIMEOUT_MS: '2500', OPERATION_LEASE_MARGIN_MS: '500' };

let world: World;
beforeAll(async () => {
  world = await World.start({ env: ENV });
}, 60_000);
afterAll(() => world?.stop(), 60_000);
afterEach(() => world?.sim.clearFaults());

async function killWorker() {
  const [worker] = world.stack.workers;
  if (worker === undefined) throw new Error('no worker');
  worker.kill('SIGKILL');
  await worker.exited;
  await worker.start();
}

/** Kills the only worker while WeChat holds a call of each of the nine changes. */
async function killInMidCall(when: 'before' | 'after') {
  const begun = await Promise.all(
    CHANGE_CASES.map(async (one) => {
      const appid = anAppid();
      await one.prepare(world, appid);
      const earlier = (await effects(one, world, appid)).length;
      const fault = await world.sim.addFault({ api: one.api, appid, kind: 'hang', when });
      return { one, appid, earlier, fault };
    }),
  );
  const asked = await Promise.all(
    begun.map(async (run) => ({ ...run, operation: await ask(run.one, world, run.appid) })),
  );
  await eventually(async () => {
    for (const { fault } of asked) expect((await world.sim.fault(fault.id)).held).toBe(1);
  }, 2_000);
  await killWorker();
  return Promise.all(
    asked.map(async ({ one, appid, earlier, operation }) => {
      const { state, attempts } = await ended(world, operation.id, 40_000);
      const done = (await effects(one, world, appid)).slice(earlier);
      return [one.method, state, attempts, done.length];
    }),
  );
}

const all = (attempts: number) =>
  CHANGE_CASES.map(({ method }) => [method, 'OPERATION_STATE_SUCCEEDED', attempts, 1]);

describe('a worker killed in mid-call', () => {
  it('leaves changes that were done: each is found done, and done once', async () => {
    expect(await killInMidCall('after')).toEqual(all(1));
  }, 60_000);

  it('leaves changes that were not done: each is sent again, and done once', async () => {
    expect(await killInMidCall('before')).toEqual(all(2));
  }, 60_000);

  it('while it noted the state before: nothing was sent, and the change is sent once', async () => {
    const appid = anAppid();
    await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
    const api = 'wxa/get_latest_auditstatus';
    const fault = await world.sim.addFault({ api, appid, kind: 'hang', when: 'before' });
    const [submit] = CHANGE_CASES.filter(({ method }) => method === 'SubmitAudit');
    if (submit === undefined) throw new Error('no case');
    const { id } = await ask(submit, world, appid);
    await eventually(async () => (await world.sim.fault(fault.id)).held === 1);
    await killWorker();
    expect(await ended(world, id, 30_000)).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED', attempts: 1 });
    expect(world.messages('OperationInDoubt', appid)).toEqual([]);
  }, 60_000);

  it('while it asked about a doubt: another asks instead', async () => {
    const appid = anAppid();
    const question = 'cgi-bin/wxopen/getweappsupportversion';
    const api = 'cgi-bin/wxopen/setweappsupportversion';
    await world.sim.addFault({ api, appid, kind: 'lost' });
    const fault = await world.sim.addFault({ api: question, appid, kind: 'hang', when: 'before' });
    const { id } = await world.change('SetSupportVersion', { appid, version: '1.1.0' });
    await eventually(async () => (await world.sim.fault(fault.id)).held === 1);
    // Its lease, which covers the longest question, is over sooner here.
    await world.sql(`update operations set ask_at = now() + interval '1 second' where id = $1`, [id]);
    await killWorker();
    expect(await ended(world, id, 30_000)).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED', attempts: 1 });
  }, 60_000);
});
