import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { freePort } from '@wxa/stack';
import { logged } from '../app-log.js';
import { eventually } from '../eventually.js';
import { type Backends, newBackends, type RunningGateway, startGateway } from './running-gateway.js';
import { TestDatabase } from './test-database.js';

const HELD = 2000;
const COMPONENT = {
  WECHAT_CALLBACK_MODE: 'secure',
  WECHAT_CALLBACK_TOKEN: 'callback-token',
  WECHAT_ENCODING_AES_KEY: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
  WECHAT_COMPONENT_APPID: 'wxc0de000000000000',
  WECHAT_TOKEN_SOURCE: 'component',
  SECRETS_KEY: randomBytes(32).toString('base64'),
};
const PROBES = ['/healthz', '/readyz', '/metrics'];

let gateway: RunningGateway | undefined;
const held: Socket[] = [];
afterEach(async () => {
  for (const socket of held.splice(0)) socket.destroy();
  await gateway?.stop();
  gateway = undefined;
});

/** Starts a gateway with ADMIN_ADDR; returns the URL of that. */
async function startWithAdmin(): Promise<string> {
  const ADMIN_ADDR = `127.0.0.1:${await freePort()}`;
  gateway = await startGateway(await newBackends(), { ADMIN_ADDR });
  return `http://${ADMIN_ADDR}`;
}

/** Starts a gateway that is not ready soon. */
async function start(backends: Backends, env: Record<string, string>): Promise<RunningGateway> {
  const started = await startGateway(backends, env, { waitReady: false });
  gateway = started;
  return started;
}

/** Opens a connection to HTTP_ADDR that sends the beginning of a callback, and nothing more. */
async function hold(http: string): Promise<void> {
  const { hostname, port } = new URL(http);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  held.push(socket);
  await once(socket, 'connect');
  socket.write(
    'POST /wechat/callback/wx0123456789abcdef HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\na',
  );
}

describe('ADMIN_ADDR', () => {
  it(`Each probe answers within 1 s while ${HELD} connections to HTTP_ADDR are held`, async () => {
    const admin = await startWithAdmin();
    const http = gateway?.http ?? '';
    for (let n = 0; n < HELD; n += 100) await Promise.all(Array.from({ length: 100 }, () => hold(http)));
    expect(held.filter((socket) => !socket.destroyed)).toHaveLength(HELD);
    for (const probe of [...PROBES, ...PROBES, ...PROBES]) {
      const { status } = await fetch(admin + probe, { signal: AbortSignal.timeout(1000) });
      expect({ probe, status }).toEqual({ probe, status: 200 });
    }
    expect(held.filter((socket) => !socket.destroyed)).toHaveLength(HELD);
  }, 60_000);

  it('HTTP_ADDR answers the paths of the probes like any unknown path, and ADMIN_ADDR answers nothing else', async () => {
    const admin = await startWithAdmin();
    const answerTo = async (url: string, init?: RequestInit) => {
      const response = await fetch(url, init);
      return { status: response.status, body: (await response.text()).replaceAll(/\/\w+/g, '/path') };
    };
    const unknown = await answerTo(`${gateway?.http}/unknown`);
    expect(unknown.status).toBe(404);
    for (const probe of PROBES) expect(await answerTo(`${gateway?.http}${probe}`)).toEqual(unknown);
    expect((await answerTo(`${admin}/wechat/callback`)).status).toBe(404);
    expect((await answerTo(`${admin}/healthz`, { method: 'POST' })).status).toBe(405);
    expect((await answerTo(`${admin}/healthz?probe=1`)).status).toBe(200);
  });
});

describe('probes before Postgres is reached', () => {
  /** At first the address of Postgres does not answer; `connect` connects it. */
  async function unreachable() {
    const backends = await newBackends();
    const { hostname, port } = new URL(backends.databaseUrl);
    const databaseUrl = new URL(backends.databaseUrl);
    databaseUrl.port = String(await freePort());
    const server = createServer((socket) => {
      const postgres = connect(Number(port), hostname);
      socket.on('error', () => postgres.destroy()).on('close', () => postgres.destroy());
      postgres.on('error', () => socket.destroy()).on('close', () => socket.destroy());
      socket.pipe(postgres).pipe(socket);
    });
    const open = () => server.listen(Number(databaseUrl.port), databaseUrl.hostname);
    return { backends: { ...backends, databaseUrl: databaseUrl.href }, open, server };
  }

  it.each([
    ['ADMIN_ADDR', 404],
    ['HTTP_ADDR', 503],
  ])(
    'A gateway that waits for Postgres is alive and not ready on %s, and serves once Postgres is reached',
    async (name, otherPaths) => {
      const { backends, open, server } = await unreachable();
      const admin = `127.0.0.1:${await freePort()}`;
      const { http, stop } = await start(backends, name === 'ADMIN_ADDR' ? { ADMIN_ADDR: admin } : {});
      const probes = name === 'ADMIN_ADDR' ? `http://${admin}` : http;
      await eventually(async () => (await fetch(`${probes}/healthz`)).status === 200);
      const response = await fetch(`${probes}/readyz`);
      expect(response.status).toBe(503);
      expect(await response.json()).toEqual({ ready: false, parts: { postgres: { ready: false } } });
      expect((await fetch(`${probes}/wechat/callback/wx1`)).status).toBe(otherPaths);
      open();
      await eventually(async () => (await fetch(`${probes}/readyz`)).status === 200, 30_000);
      expect((await fetch(`${http}/wechat/callback/wx1`)).status).not.toBe(503);
      await stop();
      gateway = undefined;
      server.close();
    },
    60_000,
  );

  it('A gateway that cannot check the keys of its secrets at first waits, and starts once it can', async () => {
    const backends = await newBackends();
    const database = new TestDatabase();
    database.connect(backends.databaseUrl);
    await database.rows('alter table authorizers rename to authorizers_away');
    const { app, http } = await start(backends, COMPONENT);
    await eventually(async () => expect(await logged(app, 'waiting')).toHaveLength(1));
    await database.rows('alter table authorizers_away rename to authorizers');
    await eventually(async () => (await fetch(`${http}/readyz`)).status === 200, 30_000);
    await database.close();
  }, 60_000);
});
