import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { freePort } from '@wxa/stack';
import { eventually } from '../eventually.js';
import { newBackends, type RunningGateway, startGateway } from './running-gateway.js';

const HELD = 2000;
const PROBES = ['/healthz', '/readyz', '/metrics'];

let gateway: RunningGateway | undefined;
const held: Socket[] = [];
afterEach(async () => {
  for (const socket of held.splice(0)) socket.destroy();
  await gateway?.stop();
  gateway = undefined;
});

async function start(
  given: { databaseUrl?: string } = {},
  options?: { waitReady: boolean },
): Promise<string> {
  const ADMIN_ADDR = `127.0.0.1:${await freePort()}`;
  gateway = await startGateway({ ...(await newBackends()), ...given }, { ADMIN_ADDR }, options);
  return `http://${ADMIN_ADDR}`;
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
    const admin = await start();
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
    const admin = await start();
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
  }, 30_000);

  it('ADMIN_ADDR is served before Postgres is reached: alive, but not ready', async () => {
    const unreachable = `postgres://u:p@127.0.0.1:${await freePort()}/d`;
    const admin = await start({ databaseUrl: unreachable }, { waitReady: false });
    await eventually(async () => (await fetch(`${admin}/healthz`)).status === 200);
    const response = await fetch(`${admin}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ ready: false, parts: { postgres: { ready: false } } });
  }, 30_000);
});
