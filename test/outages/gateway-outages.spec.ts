import { afterEach, describe, expect, it } from '@jest/globals';
import { CommitRequest, ListPagesRequest } from '@wxa/contracts';
import { freePort } from '@wxa/stack';
import { logged } from '../app-log.js';
import { eventually } from '../eventually.js';
import { call, refusalOf } from '../gateway/calls.js';
import { COMPONENT_SETTINGS } from '../gateway/component-settings.js';
import { type Backends, newBackends, type RunningGateway, startGateway } from '../gateway/running-gateway.js';
import { TestDatabase } from '../gateway/test-database.js';
import { scrape } from '../metrics/exposition.js';
import { TcpProxy } from '../tcp-proxy.js';

const appid = 'wx00000000000000f1';

let gateway: RunningGateway | undefined;
let database: TestDatabase | undefined;
const proxies: TcpProxy[] = [];
afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
  await database?.close();
  database = undefined;
  for (const proxy of proxies.splice(0)) proxy.close();
});

/** Starts a gateway, which need not be ready soon. */
async function start(backends: Backends, env: Record<string, string> = {}): Promise<RunningGateway> {
  gateway = await startGateway(backends, env, { waitReady: false });
  return gateway;
}

function databaseOf({ databaseUrl }: Backends): TestDatabase {
  database = new TestDatabase();
  database.connect(databaseUrl);
  return database;
}

/** A proxy in front of a server, and its address, at which it listens once it is opened. */
async function proxyOf(server: URL) {
  const port = await freePort();
  const proxy = new TcpProxy(Number(server.port), server.hostname);
  proxies.push(proxy);
  const url = new URL(server);
  url.host = `127.0.0.1:${port}`;
  return { url, open: () => proxy.listen(port), close: () => proxy.close() };
}

async function withPostgresBehindProxy() {
  const backends = await newBackends();
  const { url, ...postgres } = await proxyOf(new URL(backends.databaseUrl));
  return { backends: { ...backends, databaseUrl: url.href }, postgres };
}

const commit = ({ code }: RunningGateway) =>
  call(code, code.commit, CommitRequest.fromPartial({ appid, templateId: 1n, userVersion: 'V1' }));
const push = async ({ http }: RunningGateway) => {
  const body =
    '<xml><ToUserName>gh_1</ToUserName><CreateTime>1</CreateTime><Event>weapp_audit_success</Event></xml>';
  return (await fetch(`${http}/wechat/callback/${appid}`, { method: 'POST', body })).status;
};
const isStatus = (url: string, status: number) =>
  eventually(async () => expect((await fetch(url)).status).toBe(status));

describe('gateway without Postgres', () => {
  it('Without Postgres calls fail with UNAVAILABLE and RetryInfo and callbacks with 503, and calls succeed once it is back', async () => {
    const { backends, postgres } = await withPostgresBehindProxy();
    await postgres.open();
    const running = await start(backends);
    const readyz = `${running.http}/readyz`;
    await isStatus(readyz, 200);
    await commit(running);
    postgres.close();
    await isStatus(readyz, 503);
    expect(await refusalOf(commit(running))).toMatchObject({
      ...{ code: 'UNAVAILABLE', reason: 'STORE_UNAVAILABLE', infos: 1, retryAfterMs: 1000 },
    });
    expect(await push(running)).toBe(503);
    // No statement is sent any more, so only connections can fail.
    const series = 'wxa_postgres_errors_total{statement="other",kind="unavailable"}';
    const failed = async () => (await scrape(running.http)).get(series) ?? 0;
    const before = await failed();
    await eventually(async () => (await failed()) > before + 1);
    await postgres.open();
    await isStatus(readyz, 200);
    expect((await commit(running)).appid).toBe(appid);
  });

  it('A query whose caller goes while Postgres is unavailable ends CANCELLED once it is back', async () => {
    const { backends, postgres } = await withPostgresBehindProxy();
    await postgres.open();
    const running = await start(backends);
    const stored = databaseOf(backends);
    await isStatus(`${running.http}/readyz`, 200);
    const caller = new AbortController();
    const { code } = running;
    const request = ListPagesRequest.fromPartial({ appid });
    const refusal = refusalOf(call(code, code.listPages, request, { signal: caller.signal }));
    const states = async () => (await stored.rows('select state from operations')).map(({ state }) => state);
    await eventually(async () => expect(await states()).toEqual(['QUEUED']));
    postgres.close();
    caller.abort();
    expect(await refusal).toMatchObject({ code: 'CANCELLED' });
    await eventually(async () => expect(await logged(running.app, 'postgres query failed')).not.toEqual([]));
    await postgres.open();
    await eventually(async () => expect(await states()).toEqual(['CANCELLED']));
  });

  it.each([
    ['ADMIN_ADDR', 404],
    ['HTTP_ADDR', 503],
  ])(
    'A gateway that waits for Postgres is alive and not ready on %s, and serves once Postgres is reached',
    async (name, otherPaths) => {
      const { backends, postgres } = await withPostgresBehindProxy();
      const admin = `127.0.0.1:${await freePort()}`;
      const { http } = await start(backends, name === 'ADMIN_ADDR' ? { ADMIN_ADDR: admin } : {});
      const probes = name === 'ADMIN_ADDR' ? `http://${admin}` : http;
      await isStatus(`${probes}/healthz`, 200);
      const response = await fetch(`${probes}/readyz`);
      expect(response.status).toBe(503);
      expect(await response.json()).toEqual({ ready: false, parts: { postgres: { ready: false } } });
      expect((await fetch(`${probes}/wechat/callback/wx1`)).status).toBe(otherPaths);
      await postgres.open();
      await isStatus(`${probes}/readyz`, 200);
      expect((await fetch(`${http}/wechat/callback/wx1`)).status).not.toBe(503);
    },
  );

  it('A gateway that cannot check the keys of its secrets at first waits, and starts once it can', async () => {
    const backends = await newBackends();
    const stored = databaseOf(backends);
    await stored.rows('alter table authorizers rename to authorizers_away');
    const { app, http } = await start(backends, COMPONENT_SETTINGS);
    await eventually(async () => expect(await logged(app, 'waiting')).toHaveLength(1));
    await stored.rows('alter table authorizers_away rename to authorizers');
    await isStatus(`${http}/readyz`, 200);
  });
});

it('A gateway started without Kafka accepts operations and callbacks and publishes them once Kafka is available', async () => {
  const backends = await newBackends();
  const stored = databaseOf(backends);
  const { url, open } = await proxyOf(new URL(`kafka://${backends.brokers}`));
  const running = await start({ ...backends, brokers: url.host });
  await isStatus(`${running.http}/readyz`, 200);
  const { id } = await commit(running);
  expect(await push(running)).toBe(200);
  const waiting = () => stored.rows('select event_id from outbox order by id');
  expect(await waiting()).toEqual([
    { event_id: `${id}.command.0` },
    { event_id: expect.stringContaining(`${appid}.push.`) },
  ]);
  await open();
  await eventually(async () => (await waiting()).length === 0);
});
