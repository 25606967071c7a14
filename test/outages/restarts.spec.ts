import { describe, expect, it } from '@jest/globals';
import type { Operation } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { lockOperations } from '../crashes/database-locks.js';
import { eventually } from '../eventually.js';
import { ScriptedWorker } from '../gateway/scripted-worker.js';
import { byLength } from '../length.js';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { killAll } from '../restore/lost-time.js';
import { useWorld, world } from '../use-world.js';

// A short time-out, so that the claim of a lost worker expires soon.
const ENV = { WECHAT_TIMEOUT_MS: '1500', OPERATION_LEASE_MARGIN_MS: '500' };

useWorld({ workers: 2, env: ENV });

const commit = (appid: string, userVersion: string) =>
  world.change('Commit', { appid, templateId: 1n, userVersion });

async function commitMany(appids: string[], each: number): Promise<Operation[]> {
  const accepted: Operation[] = [];
  for (let i = 0; i < each; i++) {
    accepted.push(...(await Promise.all(appids.map((appid) => commit(appid, `1.${i}`)))));
  }
  return accepted;
}

/** Every commit had one effect, in order, and its outcome was published under one id. */
async function expectOnceInOrder(appids: string[], each: number, accepted: Operation[]) {
  for (const { id } of accepted) {
    expect(await world.wait(id, 30)).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED' });
  }
  for (const appid of appids) {
    const effects = (await world.sim.calls({ appid })).filter((call) => call.effect !== null);
    const versions = effects.map((call) => JSON.parse(call.body).user_version);
    expect(versions).toEqual(Array.from({ length: each }, (_, i) => `1.${i}`));
    await eventually(() => {
      const ids = world.messages('OperationCompleted', appid).map((m) => m.id);
      expect(new Set(ids).size).toBe(each);
    });
  }
}

async function restart(app: (typeof world.stack.workers)[number], signal: NodeJS.Signals) {
  app.kill(signal);
  const exit = await app.exited;
  await app.start();
  return exit;
}

it('A mini-program that moved to another worker continues within 10 s of the end of its call, before the claim expires', async () => {
  const appid = newAppid();
  const { workers, addresses } = world.stack;
  const { postgres: databaseUrl, kafka: brokers } = addresses;
  const before = await ScriptedWorker.start({ databaseUrl, brokers, topicPrefix: world.prefix });
  for (const worker of workers) worker.kill('SIGSTOP');
  const [first, second] = [await commit(appid, '1.0'), await commit(appid, '1.1')];
  const claimed = await before.claim(first.id);
  const row = await lockOperations(world, [first.id]);
  for (const worker of workers) worker.kill('SIGCONT');
  await row.untilWaiting();
  await row.release();
  await before.end(claimed, { state: 'SUCCEEDED' });
  await before.stop();
  expect(await world.wait(second.id, 10)).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED' });
  expect(await world.sim.calls({ appid })).toHaveLength(1);
});

describe('process restarts', () => {
  it('A worker that receives SIGTERM finishes its calls and exits with 0 within 10 s, and all operations succeed in order', async () => {
    const appids = Array.from({ length: 6 }, newAppid);
    await world.sim.addFault({ api: 'wxa/commit', kind: 'latency', ms: 100, times: 0 });
    const accepted = await commitMany(appids, 5);
    const begun = performance.now();
    const [worker] = world.stack.workers;
    if (worker === undefined) throw new Error('no worker');
    expect(await restart(worker, 'SIGTERM')).toMatchObject({ code: 0 });
    expect(performance.now() - begun).toBeLessThan(
      byLength({ short: Number.POSITIVE_INFINITY, long: 10_000 }),
    );
    await world.sim.clearFaults();
    await expectOnceInOrder(appids, 5, accepted);
    await worker.waitReady();
  }, 60_000);

  it('A rejection by a callback is published by the next worker if the first one is killed during the read', async () => {
    const appid = newAppid();
    await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
    const { id: operationId } = await world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] });
    const read = { api: 'wxa/get_auditstatus', appid, kind: 'hang', when: 'before' } as const;
    const { id: hung } = await world.sim.addFault(read);
    const reason = '1:页面无法打开';
    await world.sim.decide(appid, { decision: 'reject', reason });
    await eventually(async () => (await world.sim.fault(hung)).held === 1);
    await killAll(world.stack.workers);
    await world.sim.clearFaults(hung);
    const completed = () => world.messages('AuditCompleted', appid).map(({ json }) => json);
    expect(completed()).toEqual([]);
    for (const worker of world.stack.workers) await worker.start();
    await eventually(() => completed().length > 0, 30_000);
    const rejected = { result: 'AUDIT_RESULT_REJECTED', source: 'AUDIT_SOURCE_CALLBACK', reason };
    expect(completed()).toEqual([expect.objectContaining({ operationId, ...rejected })]);
  }, 60_000);
});
