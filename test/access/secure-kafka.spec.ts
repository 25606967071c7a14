import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CodeManagementClient, METHODS, type Operation, OperationsClient, TOPICS } from '@wxa/contracts';
import { connectKafka, ensureTopics, SerialProducer } from '@wxa/kafka';
import {
  adminConnection,
  changeKafkaPassword,
  createDatabase,
  dropDatabase,
  freePort,
  generatePlatform,
  type KafkaUser,
  kafkaSettingsOf,
  type Stack,
  startStack,
} from '@wxa/stack';
import kafkajs, { type Admin } from 'kafkajs';
import pg from 'pg';
import { logged } from '../app-log.js';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { mainOf } from '../programs.js';
import { unary } from '../world.js';
import { wxa } from '../wxa.js';
import { SILENT } from './kafka-uses.js';
import { aclOf, connectAdmin, connectionBy, PREFIX } from './secure-broker.js';

const HOUR_MS = 3_600_000;
const startedAt = new Date().toISOString();
const database = `secure_${randomUUID().slice(0, 8)}`;
const server = process.env.TEST_POSTGRES_URL ?? '';

let stack: Stack;
let admin: Admin;
let code: CodeManagementClient;
let operations: OperationsClient;
beforeAll(async () => {
  stack = await startStack({
    postgresUrl: await createDatabase(server, database, 'wxa_template'),
    secure: true,
    // Only Kafka: an app that exits stays away.
    restart: (name) => (name === 'Kafka' ? 0 : HOUR_MS),
    env: { ...generatePlatform(), KAFKA_TOPIC_PREFIX: PREFIX, KAFKA_TOPIC_PARTITIONS: '2' },
  });
  const { channel, kafka } = await adminConnection(stack);
  admin = await connectAdmin(stack.addresses.kafka, kafka);
  code = new CodeManagementClient(stack.addresses.grpc, channel);
  operations = new OperationsClient(stack.addresses.grpc, channel);
});
afterAll(async () => {
  code?.close();
  operations?.close();
  await admin?.disconnect();
  await stack?.stop();
  await dropDatabase(server, database);
});

function security() {
  if (stack.kafkaSecurity === undefined) throw new Error('the stack has no secure Kafka');
  return stack.kafkaSecurity;
}

const settingsOf = (user: KafkaUser): Record<string, string> => ({
  ...kafkaSettingsOf(security(), user),
  ...{ KAFKA_BROKERS: stack.addresses.kafka, KAFKA_TOPIC_PREFIX: PREFIX },
});

const connectionOf = (user: KafkaUser) => connectionBy(settingsOf(user));

async function change(appid: string): Promise<Operation> {
  const request = { ...METHODS.Commit.request.fromJSON({}), appid, requestId: randomUUID(), templateId: 1n };
  return unary<Operation>(code, 'commit', { ...request, extJson: '{}', userVersion: '1', userDesc: 'd' });
}

const wait = (id: string) => unary<Operation>(operations, 'waitOperation', { id });

describe('a broker with SASL_SSL and exactly the documented ACLs', () => {
  it('The broker does not serve a client without TLS and credentials, and apps connect with both', async () => {
    const plain = connectKafka({ brokers: [stack.addresses.kafka], clientId: 'plain', logger: SILENT });
    await expect(plain.kafka.admin({ retry: { retries: 0 } }).connect()).rejects.toThrow();
    const own = connectionOf('gateway').kafka.admin();
    await own.connect();
    await own.disconnect();
  });

  it('A worker whose Kafka password is wrong at the start says so, and is not ready', async () => {
    const http = `127.0.0.1:${await freePort()}`;
    const env = {
      ...{ ...generatePlatform(), ...settingsOf('release-worker'), KAFKA_SASL_USERNAME: 'subscriber' },
      ...{ DATABASE_URL: stack.addresses.postgres, WECHAT_API_URL: stack.addresses.wechat },
      WORKER_HTTP_ADDR: http,
    };
    const worker = spawn(process.execPath, [mainOf('release-worker')], { env });
    let log = '';
    worker.stdout.on('data', (chunk) => {
      log += chunk;
    });
    try {
      await eventually(() => /[Aa]uthentication failed/.test(log));
      const ready = await fetch(`http://${http}/readyz`).catch(() => undefined);
      expect(ready?.status).not.toBe(200);
      expect(log).not.toContain(security().passwords['release-worker']);
    } finally {
      worker.kill('SIGKILL');
    }
  });

  it('wxa dlq lists and replays dead letters as the operator', async () => {
    const worker = new SerialProducer(connectionOf('release-worker'));
    const value = Buffer.from('not a command');
    await worker.send([{ topic: PREFIX + TOPICS.commands, message: { key: 'k', value } }]);
    await worker.disconnect();
    const env = { ...settingsOf('operator'), DATABASE_URL: stack.addresses.postgres };
    await eventually(async () => (await wxa(['dlq', 'list'], env)).out.includes('NOT_A_COMMAND'));
    expect((await wxa(['dlq', 'replay', '--all'], env)).out).toContain('1 replayed');
  });
});

it('Gateway and worker that Kafka rejects since their passwords were changed connect with those of the files, without a restart', async () => {
  const users = ['gateway', 'release-worker'] as const;
  const apps = [stack.gateway, ...stack.workers];
  const kafka = stack.servers.find(({ name }) => name === 'Kafka');
  if (kafka === undefined) throw new Error('the stack has no Kafka');
  const pids = [kafka, ...apps].map(({ pid }) => pid);
  const passwords = { gateway: randomUUID(), 'release-worker': randomUUID() };
  await Promise.all(
    users.map(async (user) => {
      await changeKafkaPassword(stack.addresses.kafka, security(), user, passwords[user]);
      const { KAFKA_SASL_PASSWORD_FILE: _, ...settings } = settingsOf(user);
      const old = connectionBy({ ...settings, KAFKA_SASL_PASSWORD: security().passwords[user] });
      await expect(ensureTopics(old)).rejects.toThrow('authentication failed');
    }),
  );
  // Ends all connections; Kafka is restarted with its data.
  process.kill(kafka.pid, 'SIGTERM');
  await eventually(() => kafka.pid !== pids[0]);
  for (const { logFile } of apps)
    await eventually(async () => /authentication failed/i.test(await readFile(logFile, 'utf8')));
  for (const user of users) {
    const file = security().passwordFiles[user];
    await writeFile(`${file}.new`, `${passwords[user]}\n`);
    await rename(`${file}.new`, file);
  }
  const appid = newAppid();
  const { id } = await change(appid);
  await eventually(async () => expect(await wait(id)).toMatchObject({ attempts: 1, error: undefined }));
  await unary(code, 'listPages', METHODS.ListPages.request.fromJSON({ appid }));
  expect(apps.map(({ pid }) => pid)).toEqual(pids.slice(1));
  expect(apps.map(({ running }) => running)).toEqual([true, true]);
});

it('The gateway logs the topic and the operation, and publishes what it has accepted once it may', async () => {
  const acl = aclOf('gateway', kafkajs.AclOperationTypes.WRITE, TOPICS.commands);
  await admin.deleteAcls({ filters: acl });
  const { id } = await change(newAppid());
  const resource = `topic ${PREFIX}${TOPICS.commands}`;
  await eventually(async () => {
    const denials = (await logged(stack.gateway, '')).filter((line) => line.resource === resource);
    expect(denials).toMatchObject([{ level: 'error', operation: 'Write' }]);
  });
  await admin.createAcls({ acl });
  expect(await wait(id)).toMatchObject({ attempts: 1, error: undefined });
});

it('The worker logs the topic and exits with 1', async () => {
  const [worker] = stack.workers;
  if (worker === undefined) throw new Error('there is no worker');
  const filters = aclOf('release-worker', kafkajs.AclOperationTypes.READ, TOPICS.commands);
  await admin.deleteAcls({ filters });
  expect(await worker.exited).toMatchObject({ code: 1 });
  expect(await readFile(worker.logFile, 'utf8')).toContain(`Read on topic ${PREFIX}${TOPICS.commands}`);
});

it('wxa restore needs only the rights of the operator in Kafka and those of wxa_app in Postgres', async () => {
  const role = `app_${randomUUID().slice(0, 8)}`;
  const owner = new pg.Client({ connectionString: stack.addresses.postgres });
  await owner.connect();
  await owner.query(`create role ${role} login password 'secret'`);
  const env = { ...settingsOf('operator'), DATABASE_URL: stack.addresses.postgres };
  expect(await wxa(['migrate', '--grant', role], env)).toMatchObject({ code: 0 });
  const stored = async () => (await owner.query('select id, state from operations order by id')).rows;
  const before = await stored();
  await owner.query('delete from operations');
  const url = new URL(stack.addresses.postgres);
  [url.username, url.password] = [role, 'secret'];
  const asApp = { ...env, DATABASE_URL: url.href };
  const { out } = await wxa(['restore', '--since', startedAt, '--json'], asApp);
  expect(JSON.parse(out)).toMatchObject({ counts: { inserted: before.length }, left: [], missing: [] });
  expect(await stored()).toEqual(before);
  await owner.query(`drop owned by ${role}`);
  await owner.query(`drop role ${role}`);
  await owner.end();
});
