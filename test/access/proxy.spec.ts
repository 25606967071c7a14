import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { createAuthority } from '@wxa/stack';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { useFolder } from '../use-folder.js';
import { useWorld, world } from '../use-world.js';

const PASSWORD = 'a%2Fsecret';
const AUTHORIZATION = `Basic ${Buffer.from('wxa:a/secret').toString('base64')}`;

let proxy: Server;
/** Tunnels that were set up, by their target. */
const targets: string[] = [];
const tunnels = new Set<Socket>();
let status = 200;

useWorld(async () => {
  const { ca, issue } = await createAuthority(folder);
  const { cert, key } = await issue('proxy', { cn: 'proxy', names: ['DNS:localhost'] });
  proxy = createServer({ cert: await readFile(cert), key: await readFile(key) });
  proxy.on('connect', ({ url = '', headers }, socket: Socket) => {
    socket.on('error', () => undefined);
    if (headers['proxy-authorization'] !== AUTHORIZATION) return socket.end('HTTP/1.1 407 refused\r\n\r\n');
    if (status !== 200) return socket.end(`HTTP/1.1 ${status} refused\r\n\r\n`);
    targets.push(url);
    tunnels.add(socket);
    const remote = connect(Number(url.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 established\r\n\r\n');
      socket.pipe(remote).pipe(socket);
    });
    remote.on('error', () => socket.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const file = join(folder, 'proxy-url');
  const { port } = proxy.address() as AddressInfo;
  await writeFile(file, `https://wxa:${PASSWORD}@localhost:${port}\n`);
  return { env: { WECHAT_PROXY_URL_FILE: file, NODE_EXTRA_CA_CERTS: ca } };
});
afterAll(() => void proxy?.close());
const folder = useFolder();

it('A worker calls WeChat through the https proxy of WECHAT_PROXY_URL_FILE, and its operations wait while the proxy refuses', async () => {
  const commit = () => world.change('Commit', { appid: newAppid(), templateId: 1n, userVersion: '1.0' });
  const isDone = async (id: string) =>
    expect(await world.wait(id)).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED', attempts: 1 });
  await isDone((await commit()).id);
  expect(new Set(targets)).toEqual(new Set([new URL(world.stack.addresses.wechat).host]));
  status = 503;
  for (const tunnel of tunnels) tunnel.destroy();
  const { id } = await commit();
  await eventually(async () =>
    expect(await world.get(id)).toMatchObject({
      state: 'OPERATION_STATE_RETRYING',
      attempts: 0,
      error: { reason: 'CONNECT_FAILED', errmsg: expect.stringContaining('PROXY_STATUS_503') },
    }),
  );
  status = 200;
  await isDone(id);
  expect(await world.written()).not.toContain('secret');
});
