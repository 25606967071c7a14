import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, expect, it } from '@jest/globals';
import { type Kafka, type Postgres, startKafka, startPostgres } from '@wxa/stack';
import kafkajs from 'kafkajs';
import { logged } from '../app-log.js';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { useFolder } from '../use-folder.js';
import { commit, useWorld, worker, world } from '../use-world.js';

/** Own PostgreSQL and Kafka, which the tests stop and restart at the same address. */
let postgres: Postgres;
let kafka: Kafka;
useWorld(async () => {
  [postgres, kafka] = await Promise.all([
    startPostgres({ dataDir: folders.postgres }),
    startKafka({ dataDir: folders.kafka }),
  ]);
  return { postgresUrl: postgres.url, kafkaBrokers: kafka.brokers };
});
afterAll(() => Promise.all([postgres?.stop(), kafka?.stop()]));
const folder = useFolder();
const folders = { postgres: join(folder, 'postgres'), kafka: join(folder, 'kafka') };

const portOf = (address: string) => Number(/:(\d+)(\/|$)/.exec(address.replace(/^.*@/, ''))?.[1]);

async function readyz(url: string): Promise<number> {
  const response = await fetch(`${url}/readyz`);
  await response.body?.cancel();
  return response.status;
}

it('Operations are accepted without Kafka and succeed once it is back', async () => {
  const appid = newAppid();
  const { gateway } = world.stack;
  await kafka.stop();
  const operation = await commit(appid);
  expect(operation.state).toBe('OPERATION_STATE_QUEUED');
  expect(await world.get(operation.id)).toMatchObject({ state: 'OPERATION_STATE_QUEUED' });
  expect(await readyz(world.stack.addresses.http)).toBe(200);
  const failed = [expect.objectContaining({ failures: 1, since: expect.any(String) })];
  await eventually(async () => expect(await logged(gateway, 'outbox publish failed')).toEqual(failed));
  kafka = await startKafka({ dataDir: folders.kafka, port: portOf(kafka.brokers) });
  expect(await world.wait(operation.id)).toMatchObject({
    state: 'OPERATION_STATE_SUCCEEDED',
    attempts: 1,
  });
  await eventually(() => world.messages('OperationCompleted', appid).length === 1);
  expect(await logged(gateway, 'outbox publish failed')).toHaveLength(1);
  expect(await logged(gateway, 'outbox publish recovered')).toHaveLength(1);
});

it('Without Postgres calls fail with UNAVAILABLE, and operations succeed once it is back', async () => {
  const [running, later] = [newAppid(), newAppid()];
  const fault = await world.sim.addFault({
    api: 'wxa/commit',
    appid: running,
    kind: 'hang',
    when: 'before',
  });
  const held = await commit(running);
  await eventually(async () => (await world.get(held.id)).state === 'OPERATION_STATE_RUNNING');
  const url = postgres.url;
  await postgres.stop();
  await expect(commit(later)).rejects.toMatchObject({ code: status.UNAVAILABLE });
  await eventually(async () => (await readyz(world.stack.addresses.http)) === 503);
  // WeChat answers while the result cannot be stored.
  await world.sim.releaseFault(fault.id);
  await eventually(async () =>
    (await world.sim.calls({ appid: running })).every((call) => call.endedAt !== null),
  );
  postgres = await startPostgres({ dataDir: folders.postgres, port: portOf(url) });
  await eventually(async () => (await readyz(world.stack.addresses.http)) === 200);
  expect(await world.wait(held.id)).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED', attempts: 1 });
  expect(await world.run('Commit', { appid: later, templateId: 1n, userVersion: '1.0' })).toMatchObject({
    state: 'OPERATION_STATE_SUCCEEDED',
  });
});

it('A change is accepted and waits for the history check, which waits for Kafka', async () => {
  const history = async () => {
    const response = await fetch(`${world.stack.addresses.workers[0]}/readyz`);
    return ((await response.json()) as { parts: { history: object } }).parts.history;
  };
  await eventually(async () => expect(await history()).toEqual({ ready: true }));
  const url = postgres.url;
  await Promise.all([kafka.stop(), postgres.stop()]);
  postgres = await startPostgres({ dataDir: folders.postgres, port: portOf(url) });
  await eventually(async () => expect(await readyz(world.stack.addresses.http)).toBe(200));
  const operation = await eventually(() => commit());
  await eventually(async () => expect(await logged(worker(), 'history check failed')).not.toHaveLength(0));
  await eventually(async () =>
    expect(await history()).toEqual({ ready: false, detail: 'not checked yet: changes wait' }),
  );
  kafka = await startKafka({ dataDir: folders.kafka, port: portOf(kafka.brokers) });
  expect(await world.wait(operation.id)).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED' });
  await eventually(async () => expect(await history()).toEqual({ ready: true }));
});

/** The ids of the members of the workers' group. */
async function workersInKafka(): Promise<string[]> {
  const client = new kafkajs.Kafka({ brokers: [kafka.brokers], logLevel: kafkajs.logLevel.NOTHING });
  const admin = client.admin();
  await admin.connect();
  try {
    const { groups } = await admin.describeGroups([`${world.prefix}wxa-release-worker`]);
    return groups.flatMap(({ members }) => members.map(({ memberId }) => memberId));
  } finally {
    await admin.disconnect();
  }
}

it('A worker is the same member of its group after an outage of Kafka, so that nothing waits until its session expires', async () => {
  const before = await workersInKafka();
  expect(before).toHaveLength(1);
  await kafka.stop();
  const operation = await commit();
  const crashes = async () =>
    (await logged(worker(), 'kafka error')).filter(({ error }) => String(error).startsWith('Crash'));
  await eventually(async () => (await crashes()).length > 0);
  kafka = await startKafka({ dataDir: folders.kafka, port: portOf(kafka.brokers) });
  expect(await world.wait(operation.id)).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED' });
  expect(await workersInKafka()).toEqual(before);
});
