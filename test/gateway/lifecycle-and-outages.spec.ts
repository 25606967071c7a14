import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommitRequest, ListPagesRequest } from '@wxa/contracts';
import { createDatabase, freePort, type Postgres, startPostgres } from '@wxa/stack';
import { eventually } from '../eventually.js';
import { scrape } from '../metrics/exposition.js';
import { call, refusalOf } from './calls.js';
import {
  type Backends,
  gatewayEnv,
  newBackends,
  type RunningGateway,
  startGateway,
} from './running-gateway.js';
import { TestDatabase } from './test-database.js';
import { beginUpload, info } from './uploads.js';

const CLI = fileURLToPath(new URL('../../apps/cli/dist/main.js', import.meta.url));
const MAIN = fileURLToPath(new URL('../../apps/gateway/dist/main.js', import.meta.url));
const appid = 'wx00000000000000f1';

const commit = ({ code }: RunningGateway) =>
  call(code, code.commit, CommitRequest.fromPartial({ appid, templateId: 1n, userVersion: 'V1' }));
const push = async ({ http }: RunningGateway) => {
  const body =
    '<xml><ToUserName>gh_1</ToUserName><CreateTime>1</CreateTime><Event>weapp_audit_success</Event></xml>';
  return (await fetch(`${http}/wechat/callback/${appid}`, { method: 'POST', body })).status;
};
const readyz = async ({ http }: RunningGateway) => (await fetch(`${http}/readyz`)).status;

describe('gateway without Postgres', () => {
  let dataDir: string;
  let port: number;
  let postgres: Postgres;
  let gateway: RunningGateway;
  const begin = () => startPostgres({ dataDir, port, durable: false });

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'gateway-faults-'));
    port = await freePort();
    postgres = await begin();
    const env = { ...process.env, DATABASE_URL: postgres.url };
    await promisify(execFile)(process.execPath, [CLI, 'migrate'], { env });
    gateway = await startGateway({ ...(await newBackends()), databaseUrl: postgres.url });
  }, 90_000);

  afterAll(async () => {
    await gateway?.stop();
    await postgres?.stop();
    await rm(dataDir, { recursive: true, force: true });
  }, 30_000);

  it('Without Postgres calls fail with UNAVAILABLE and RetryInfo and callbacks with 503, and calls succeed once it is back', async () => {
    await commit(gateway);
    await postgres.stop();
    await eventually(async () => (await readyz(gateway)) === 503);
    expect(await refusalOf(commit(gateway))).toMatchObject({
      code: 'UNAVAILABLE',
      reason: 'STORE_UNAVAILABLE',
      infos: 1,
      retryAfterMs: 1000,
    });
    expect(await push(gateway)).toBe(503);
    // No statement is sent any more, so only connections can fail.
    const failed = async () =>
      (await scrape(gateway.http)).get('wxa_postgres_errors_total{statement="other",kind="unavailable"}') ??
      0;
    const before = await failed();
    await eventually(async () => (await failed()) > before + 1);
    postgres = await begin();
    await eventually(async () => (await readyz(gateway)) === 200);
    expect((await commit(gateway)).appid).toBe(appid);
  }, 60_000);
});

describe('gateway without Kafka', () => {
  let backends: Backends;
  let gateway: RunningGateway;
  const database = new TestDatabase();
  let proxy: Server;
  let proxyPort: number;

  beforeAll(async () => {
    backends = await newBackends();
    proxyPort = await freePort();
    gateway = await startGateway({ ...backends, brokers: `127.0.0.1:${proxyPort}` });
    database.connect(backends.databaseUrl);
    const [host = '', port] = backends.brokers.split(':');
    proxy = createServer((socket) => {
      const broker = connect(Number(port), host);
      socket.pipe(broker).pipe(socket);
      broker.on('error', () => socket.destroy());
      socket.on('error', () => broker.destroy());
    });
  }, 60_000);

  afterAll(async () => {
    await gateway?.stop();
    await database.close();
    proxy?.close();
  }, 30_000);

  it('A gateway started without Kafka accepts operations and callbacks and publishes them once Kafka is available', async () => {
    expect(await readyz(gateway)).toBe(200);
    const { id } = await commit(gateway);
    expect(await push(gateway)).toBe(200);
    const waiting = () => database.rows('select event_id from outbox order by id');
    expect(await waiting()).toEqual([
      { event_id: `${id}.command.0` },
      { event_id: expect.stringContaining(`${appid}.push.`) },
    ]);
    await new Promise<void>((resolve) => proxy.listen(proxyPort, '127.0.0.1', resolve));
    await eventually(async () => (await waiting()).length === 0, 30_000);
  }, 60_000);
});

describe('gateway shutdown', () => {
  it('On SIGTERM pending queries, uploads and watches fail with UNAVAILABLE and the gateway exits with 0 within 10 s', async () => {
    const gateway = await startGateway(await newBackends());
    const watch = gateway.operations.watchOperations({ appid: '' });
    const watched = new Promise<{ code: number }>((resolve) => watch.on('error', resolve));
    const upload = refusalOf(beginUpload(gateway.code, [info({ appid })]).answer);
    const request = ListPagesRequest.fromPartial({ appid });
    const query = refusalOf(call(gateway.code, gateway.code.listPages, request));
    const accepted = async () =>
      (await (await fetch(`${gateway.http}/metrics`)).text()).includes('wxa_pending_queries 1');
    await eventually(accepted);
    const begun = Date.now();
    gateway.app.kill('SIGTERM');
    expect(await gateway.app.exited).toEqual({ code: 0, signal: null });
    expect(Date.now() - begun).toBeLessThan(10_000);
    const stopping = { code: 'UNAVAILABLE', reason: 'STOPPING', infos: 1 };
    expect(await query).toMatchObject(stopping);
    expect(await upload).toMatchObject(stopping);
    expect((await watched).code).toBe(14);
    await gateway.stop();
  });
});

describe('gateway start', () => {
  /** Resolves with the exit code of a start that fails, what it wrote to stderr and its fatal line. */
  const run = async (env: Record<string, string>) => {
    const running = promisify(execFile)(process.execPath, [MAIN], { env, timeout: 30_000 });
    const { code, stdout, stderr } = await running.then(
      () => ({ code: 0, stdout: '', stderr: '' }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
    const lines = stdout.split('\n').filter((line) => line.includes('"level":"fatal"'));
    expect(lines).toHaveLength(1);
    return { code, stderr, ...JSON.parse(lines[0] ?? '') };
  };

  it('A gateway with an invalid configuration names every invalid setting and exits with 78', async () => {
    const faulty = { KAFKA_BROKERS: 'nowhere', GRPC_ADDR: 'x', WECHAT_ENCODING_AES_KEY: 'short' };
    const { code, stderr, msg, errors } = await run(faulty);
    expect({ code, stderr, msg }).toEqual({ code: 78, stderr: '', msg: 'configuration invalid' });
    const names = (errors as string[]).map((line) => line.split(':')[0]);
    expect(names.sort()).toEqual([
      'DATABASE_URL',
      'GRPC_ADDR',
      'KAFKA_BROKERS',
      'SECRETS_KEY',
      'WECHAT_CALLBACK_TOKEN',
      'WECHAT_COMPONENT_APPID',
      'WECHAT_ENCODING_AES_KEY',
    ]);
  });

  it('A gateway with an outdated database schema says so in one sentence and exits with 1', async () => {
    const backends = await newBackends();
    const databaseUrl = await createDatabase(backends.databaseUrl, `empty_${Date.now()}`);
    expect(await run(gatewayEnv({ ...backends, databaseUrl }))).toMatchObject({
      ...{ code: 1, stderr: '', level: 'fatal', msg: 'start failed' },
      error: 'the database schema is behind: run `npm run migrate` first',
    });
  });

  it('A gateway whose port is taken names setting and address in one sentence and exits with 1', async () => {
    const backends = await newBackends();
    const gateway = await startGateway(backends);
    const free = `127.0.0.1:${await freePort()}`;
    const [, httpAddress = ''] = gateway.http.split('//');
    const base = gatewayEnv(backends);
    const grpcTaken = await run({ ...base, GRPC_ADDR: gateway.grpc, HTTP_ADDR: free });
    const httpTaken = await run({ ...base, GRPC_ADDR: free, HTTP_ADDR: httpAddress });
    await gateway.stop();
    const sentence = (name: string, address: string) => ({
      ...{ code: 1, stderr: '', msg: 'start failed' },
      error: `${name}: cannot listen on ${address}: the address is in use by another process`,
    });
    expect(grpcTaken).toMatchObject(sentence('GRPC_ADDR', gateway.grpc));
    expect(httpTaken).toMatchObject(sentence('HTTP_ADDR', httpAddress));
  }, 60_000);
});
