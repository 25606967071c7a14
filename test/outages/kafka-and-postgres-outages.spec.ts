import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import { withAdmin } from '@wxa/kafka';
import { type Kafka, type Postgres, startKafka, startPostgres } from '@wxa/stack';
import kafkajs, { type PartitionAssigner } from 'kafkajs';
import { useFolder } from '../use-folder.js';
import {
  commit,
  eventually,
  logged,
  newAppid,
  readyz,
  startAgain,
  useWorld,
  worker,
  world,
} from '../use-world.js';

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

const gatewayStatus = async () => (await readyz(world.stack.addresses.http)).status;

it('Operations are accepted without Kafka and succeed once it is back', async () => {
  const appid = newAppid();
  const { gateway } = world.stack;
  await kafka.stop();
  const operation = await commit(appid);
  expect(operation.state).toBe('OPERATION_STATE_QUEUED');
  expect(await world.get(operation.id)).toMatchObject({ state: 'OPERATION_STATE_QUEUED' });
  expect(await gatewayStatus()).toBe(200);
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
  await eventually(async () => (await gatewayStatus()) === 503);
  // WeChat answers while the result cannot be stored.
  await world.sim.releaseFault(fault.id);
  await eventually(async () =>
    (await world.sim.calls({ appid: running })).every((call) => call.endedAt !== null),
  );
  postgres = await startPostgres({ dataDir: folders.postgres, port: portOf(url) });
  await eventually(async () => (await gatewayStatus()) === 200);
  expect(await world.wait(held.id)).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED', attempts: 1 });
  expect(await world.run('Commit', { appid: later, templateId: 1n, userVersion: '1.0' })).toMatchObject({
    state: 'OPERATION_STATE_SUCCEEDED',
  });
});

it('A change is accepted and waits for the history check, which waits for Kafka', async () => {
  const history = async () => (await readyz(world.stack.addresses.workers[0] ?? '')).parts.history;
  await eventually(async () => expect(await history()).toEqual({ ready: true }));
  const url = postgres.url;
  await Promise.all([kafka.stop(), postgres.stop()]);
  postgres = await startPostgres({ dataDir: folders.postgres, port: portOf(url) });
  await eventually(async () => expect(await gatewayStatus()).toBe(200));
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
  const group = `${world.prefix}wxa-release-worker`;
  const { groups } = await withAdmin(world, (admin) => admin.describeGroups([group]));
  return groups.flatMap(({ members }) => members.map(({ memberId }) => memberId));
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

/** Round robin under an unknown protocol name: Kafka rejects other consumers that join the group, after a while. */
const foreignAssigner: PartitionAssigner = (config) => {
  const known = kafkajs.PartitionAssigners.roundRobin(config);
  const name = 'Foreign';
  return { ...known, name, protocol: (topics) => ({ ...known.protocol(topics), name }) };
};

it('A worker whose consumer stopped permanently exits with 1, and runs the accepted operation once it is started again', async () => {
  await worker().stop();
  const groupId = `${world.prefix}wxa-release-worker`;
  const foreignConsumer = world.kafka.consumer({ groupId, partitionAssigners: [foreignAssigner] });
  await foreignConsumer.connect();
  await foreignConsumer.subscribe({ topics: [world.prefix + TOPICS.deadLetters] });
  const joined = new Promise((resolve) => foreignConsumer.on(foreignConsumer.events.GROUP_JOIN, resolve));
  await foreignConsumer.run({ eachMessage: async () => undefined });
  await joined;
  const accepted = await commit();
  await worker().start();
  await worker().exited;
  expect(worker().ownExits.splice(0)).toEqual([{ code: 1, signal: null }]);
  expect(await logged(worker(), 'kafka consumer stopped')).not.toEqual([]);
  await foreignConsumer.disconnect();
  await startAgain(worker());
  expect(await world.wait(accepted.id)).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED' });
});
