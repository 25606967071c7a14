/** @alone Judges the time of a recovery. */
import { expect, it } from '@jest/globals';
import { lockOperations } from '../crashes/database-locks.js';
import { ScriptedWorker } from '../gateway/scripted-worker.js';
import { commit, newAppid, useWorld, world } from '../use-world.js';

// A short time-out, so that the claim of a lost worker expires soon.
const ENV = { WECHAT_TIMEOUT_MS: '1500', OPERATION_LEASE_MARGIN_MS: '500' };

useWorld({ workers: 2, env: ENV });

it('A mini-program that moved to another worker continues within 10 s of the end of its call, before the claim expires', async () => {
  const appid = newAppid();
  const { workers, addresses } = world.stack;
  const { postgres: databaseUrl, kafka: brokers } = addresses;
  const before = await ScriptedWorker.start({ databaseUrl, brokers, topicPrefix: world.prefix });
  for (const worker of workers) worker.kill('SIGSTOP');
  const [first, second] = [await commit(appid), await commit(appid)];
  const claimed = await before.claim(first.id);
  const row = await lockOperations(world, [first.id]);
  for (const worker of workers) worker.kill('SIGCONT');
  await row.untilWaiting();
  await row.release();
  await before.end(claimed, { state: 'SUCCEEDED' });
  const endedAt = performance.now();
  await before.stop();
  expect(await world.wait(second.id)).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED' });
  expect(performance.now() - endedAt).toBeLessThan(10_000);
  expect(await world.sim.calls({ appid })).toHaveLength(1);
});
