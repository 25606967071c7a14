import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommitRequest } from '@wxa/contracts';
import { freePort, type Postgres, startPostgres } from '@wxa/stack';
import { eventually } from '../eventually.js';
import { call, refusalOf } from '../gateway/calls.js';
import { type Backends, newBackends, type RunningGateway, startGateway } from '../gateway/running-gateway.js';
import { TestDatabase } from '../gateway/test-database.js';
import { scrape } from '../metrics/exposition.js';

const CLI = fileURLToPath(new URL('../../apps/cli/dist/main.js', import.meta.url));
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
