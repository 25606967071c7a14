import { beforeAll, expect, it } from '@jest/globals';
import { eventually, newAppid, startAgain, useWorld, world } from '../use-world.js';
import { DatabaseLock, lockCommits, makeCommitsLockable } from './database-locks.js';

useWorld();
beforeAll(() => makeCommitsLockable(world, ['callback_keys']));

/** A user writes; each delivery is encrypted and signed again. */
const write = (appid: string, MsgId = '1') =>
  world.sim.push(appid, { event: 'text', fields: { MsgId, Content: 'hello' } });
const eventsOf = (appid: string) => world.messages('PlatformEvent', appid);
const keysOf = (appid: string) => world.sql('select key from callback_keys where appid = $1', [appid]);

it('A callback whose gateway is killed before the commit is not answered, and its redelivery is one event', async () => {
  const appid = newAppid();
  const commit = await lockCommits(world, appid);
  const first = write(appid);
  await commit.untilWaiting();
  world.stack.gateway.kill('SIGKILL');
  expect((await first).status).toBe(null);
  await commit.terminateWaiters();
  await commit.release();
  await startAgain(world.stack.gateway);
  expect(await keysOf(appid)).toEqual([]);
  expect(await write(appid)).toMatchObject({ status: 200, body: 'success' });
  await eventually(() => eventsOf(appid).length > 0);
  await write(appid, '2');
  await eventually(() => eventsOf(appid).length > 1);
  expect(eventsOf(appid).map(({ json }) => json.messageId)).toEqual(['1', '2']);
});

it('A callback whose gateway is killed between the commit and the answer is an event, and its redelivery a duplicate', async () => {
  const appid = newAppid();
  const commit = await lockCommits(world, appid);
  const first = write(appid);
  await commit.untilWaiting();
  world.stack.gateway.kill('SIGSTOP');
  await commit.release();
  await eventually(async () => (await keysOf(appid)).length > 0);
  world.stack.gateway.kill('SIGKILL');
  expect((await first).status).toBe(null);
  await startAgain(world.stack.gateway);
  expect(await write(appid)).toMatchObject({ status: 200, body: 'success' });
  await eventually(() => eventsOf(appid).length > 0);
  await write(appid, '2');
  await eventually(() => eventsOf(appid).some(({ json }) => json.messageId === '2'));
  const ids = eventsOf(appid).filter(({ json }) => json.messageId === '1');
  expect(new Set(ids.map(({ id }) => id)).size).toBe(1);
});

it('An event whose gateway is killed after the answer is published by the next relay', async () => {
  const appid = newAppid();
  const lease = `select from leases where name = 'outbox-gateway-events' for update`;
  const relay = await DatabaseLock.take(world, lease, []);
  await relay.untilWaiting();
  expect(await write(appid)).toMatchObject({ status: 200, body: 'success' });
  world.stack.gateway.kill('SIGKILL');
  await relay.terminateWaiters();
  await relay.release();
  expect(eventsOf(appid)).toEqual([]);
  await startAgain(world.stack.gateway);
  await eventually(() => eventsOf(appid).length > 0);
  expect(eventsOf(appid)).toMatchObject([{ json: { messageId: '1' } }]);
});

it('Commands of operations run while the relay of platform events is held up', async () => {
  const appid = newAppid();
  const lease = `select from leases where name = 'outbox-gateway-events' for update`;
  const relay = await DatabaseLock.take(world, lease, []);
  await relay.untilWaiting();
  for (let i = 0; i < 50; i++) await write(appid, `${i}`);
  expect(await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' })).toMatchObject({
    state: 'OPERATION_STATE_SUCCEEDED',
  });
  expect(eventsOf(appid)).toEqual([]);
  await relay.release();
  await eventually(() => eventsOf(appid).length === 50);
  expect(eventsOf(appid).map(({ json }) => json.messageId)).toEqual(
    Array.from({ length: 50 }, (_, i) => `${i}`),
  );
});
