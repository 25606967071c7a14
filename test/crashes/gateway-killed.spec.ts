import { status } from '@grpc/grpc-js';
import { beforeAll, expect, it } from '@jest/globals';
import type { Operation } from '@wxa/contracts';
import { CHANGE_CASES } from '../release/change-cases.js';
import { eventually, kill, newAppid, startAgain, useWorld, world } from '../use-world.js';
import { DatabaseLock, lockCommits, lockRelays, makeCommitsLockable } from './database-locks.js';
import { begin, finalResult, type PreparedChange, prepareChange } from './started-changes.js';

useWorld();
beforeAll(() => makeCommitsLockable(world, ['operations']));

const allReady = () => Promise.all(CHANGE_CASES.map((one) => prepareChange(world, one, newAppid())));

const ask = ({ one, appid }: PreparedChange, requestId: string): Promise<Operation> =>
  world.change(one.method, { ...one.request, appid, requestId });

const DONE_ONCE = CHANGE_CASES.map(({ method }) => ({
  method,
  state: 'OPERATION_STATE_SUCCEEDED',
  attempts: 1,
  calls: 1,
  effects: 1,
  outcomes: 1,
  next: 'OPERATION_STATE_SUCCEEDED',
}));

it('A request repeated after the gateway was killed between commit and reply returns the same operation, which is executed once', async () => {
  const ready = await allReady();
  const requestId = newAppid();
  const { gateway } = world.stack;
  const unanswered = await acceptUnanswered(ready, requestId);
  gateway.kill('SIGKILL');
  for (const call of await Promise.allSettled(unanswered)) {
    expect(call).toMatchObject({ status: 'rejected', reason: { code: status.UNAVAILABLE } });
  }
  const accepted = await operationsOf(requestId);
  await startAgain(gateway);
  const started = await Promise.all(
    ready.map(async (one) => ({ ...one, operation: await ask(one, requestId) })),
  );
  expect(started.map(({ operation }) => operation.id).sort()).toEqual(accepted);
  expect(await Promise.all(started.map((one) => finalResult(world, one)))).toEqual(DONE_ONCE);
});

it('A command published twice because the gateway was killed before it deleted the event is executed once', async () => {
  const ready = await allReady();
  // The relay deletes what it has published before it publishes more, and the lock below would keep it from that.
  await eventually(async () => {
    expect(await world.sql(`select type from outbox where writer like 'gateway%'`)).toEqual([]);
  });
  const relay = await lockRelays(world, 'gateway');
  const started = await Promise.all(ready.map((one) => begin(world, one)));
  const sent = await DatabaseLock.take(
    world,
    `select from outbox where writer like 'gateway%' for update`,
    [],
  );
  await relay.release();
  const commands = () =>
    started.map(({ operation: { id }, appid }) =>
      world.messages('CodeCommand', appid).filter(({ json }) => json.operationId === id),
    );
  await eventually(() => commands().every(({ length }) => length === 1));
  await sent.untilWaiting();
  await kill(world.stack.gateway);
  await sent.terminateWaiters();
  await sent.release();
  await startAgain(world.stack.gateway);
  expect(await Promise.all(started.map((one) => finalResult(world, one)))).toEqual(DONE_ONCE);
  await eventually(() => commands().every(({ length }) => length === 2));
  expect(commands().every(([one, again]) => one?.id === again?.id)).toBe(true);
});

/**
 * Starts changes that are committed in one transaction, and stops the gateway before it learns of the commit. An
 * earlier commit is blocked until all of them have arrived, so that they form one batch.
 */
async function acceptUnanswered(ready: PreparedChange[], requestId: string): Promise<Promise<Operation>[]> {
  const before = newAppid();
  const [earlier, held] = [await lockCommits(world, before), await lockCommits(world, ready[0]?.appid ?? '')];
  const first = world.change('Commit', { appid: before, templateId: 1n, userVersion: '1.0' });
  await earlier.untilWaiting();
  const unanswered = ready.map((one) => ask(one, requestId));
  for (const call of unanswered) call.catch(() => undefined);
  // Rejected immediately on the same connection, so the earlier calls have arrived.
  await expect(world.call('ListPages', { appid: 'none' })).rejects.toMatchObject({
    code: status.INVALID_ARGUMENT,
  });
  await earlier.release();
  await first;
  await held.untilWaiting();
  world.stack.gateway.kill('SIGSTOP');
  await held.release();
  await eventually(async () => (await operationsOf(requestId)).length === ready.length);
  return unanswered;
}

async function operationsOf(requestId: string): Promise<string[]> {
  const rows = await world.sql<{ id: string }>('select id from operations where request_id = $1', [
    requestId,
  ]);
  return rows.map(({ id }) => id).sort();
}
