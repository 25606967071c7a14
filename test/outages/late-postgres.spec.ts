import { connect, createServer } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { freePort } from '@wxa/stack';
import { logged } from '../app-log.js';
import { eventually } from '../eventually.js';
import { COMPONENT_SETTINGS } from '../gateway/component-settings.js';
import { type Backends, newBackends, type RunningGateway, startGateway } from '../gateway/running-gateway.js';
import { TestDatabase } from '../gateway/test-database.js';

let gateway: RunningGateway | undefined;
afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
});

/** Starts a gateway that is not ready soon. */
async function start(backends: Backends, env: Record<string, string>): Promise<RunningGateway> {
  const started = await startGateway(backends, env, { waitReady: false });
  gateway = started;
  return started;
}

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
    const { app, http } = await start(backends, COMPONENT_SETTINGS);
    await eventually(async () => expect(await logged(app, 'waiting')).toHaveLength(1));
    await database.rows('alter table authorizers_away rename to authorizers');
    await eventually(async () => (await fetch(`${http}/readyz`)).status === 200, 30_000);
    await database.close();
  }, 60_000);
});
