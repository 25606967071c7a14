import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { ConnectProxy, type OnConnect } from './fixtures/connect-proxy.js';
import { LocalWeChat } from './fixtures/local-wechat.js';
import { freePort, withRawServer } from './fixtures/raw-server.js';
import { WxaClient, type WxaClientOptions } from './wxa-client.js';

let wechat: LocalWeChat;
let proxy: ConnectProxy;
let client: WxaClient;
beforeEach(async () => {
  wechat = await LocalWeChat.start();
  proxy = await new ConnectProxy().start();
  client = clientWith();
});
afterEach(async () => {
  await proxy.stop();
  await client.close();
  await wechat.stop();
});

function clientWith(options: Partial<WxaClientOptions> = {}): WxaClient {
  const proxyUrl = `http://wxa:p%40ss@127.0.0.1:${proxy.port}`;
  return new WxaClient({ baseUrl: wechat.baseUrl, token: 'T', timeoutMs: 2_000, proxyUrl, ...options });
}

/** Replaces the client of a test. */
async function use(options: Partial<WxaClientOptions>): Promise<void> {
  await client.close();
  client = clientWith(options);
}

const NOT_SENT = { kind: 'retryable', cause: 'connect' };

it('Calls share tunnels, whose requests alone carry the credentials for the proxy', async () => {
  const seen: unknown[] = [];
  wechat.answers((response, { headers }) => {
    seen.push([headers.host, headers['proxy-authorization']]);
    response.end('{"errcode":0}');
  });
  for (let i = 0; i < 10; i++) expect(await client.release()).toMatchObject({ kind: 'ok' });
  const { host } = new URL(wechat.baseUrl);
  const headers = { 'proxy-authorization': `Basic ${Buffer.from('wxa:p@ss').toString('base64')}` };
  expect(proxy.requests[0]).toMatchObject({ target: host, headers });
  // undici takes a second connection if a call follows immediately, as without a proxy.
  expect(proxy.requests.length).toBeLessThanOrEqual(2);
  expect(seen).toEqual(Array(10).fill([host, undefined]));
});

it.each<[OnConnect, string]>([
  [407, 'PROXY_STATUS_407'],
  [502, 'PROXY_STATUS_502'],
  ['close', 'PROXY_UND_ERR_SOCKET'],
  ['hang', ''],
])('A call is retryable and not sent if the proxy answers a CONNECT with %j', async (onConnect, code) => {
  await use({ timeoutMs: 300 });
  proxy.onConnect = onConnect;
  const result = await client.release();
  expect(result).toMatchObject({ ...NOT_SENT, error: { errmsg: expect.stringContaining(code) } });
  expect([wechat.received.length, proxy.requests.length]).toEqual([0, 1]);
  proxy.onConnect = 'tunnel';
  expect(await client.release()).toMatchObject({ kind: 'ok' });
  expect(wechat.received).toHaveLength(1);
});

it('A call is retryable if the proxy cannot be reached', async () => {
  await use({ proxyUrl: `http://127.0.0.1:${await freePort()}` });
  const error = { errmsg: 'no connection to WeChat (PROXY_ECONNREFUSED)' };
  expect(await client.release()).toMatchObject({ ...NOT_SENT, error });
});

it('Tunnels that hang occupy no connection for longer than the time-out', async () => {
  await use({ timeoutMs: 300, connections: 2 });
  proxy.onConnect = 'hang';
  await Promise.all([client.release(), client.release()]);
  proxy.onConnect = 'tunnel';
  expect(await client.release({}, { timeoutMs: 2_000 })).toMatchObject({ kind: 'ok' });
});

it.each<[string, () => void]>([
  ['reset', () => proxy.cut()],
  ['timeout', () => undefined],
])('A call that was sent is ambiguous and sent once after a %s', async (cause, onRequest) => {
  await use({ connections: 1 });
  // The tunnel stands before the time counts.
  expect(await client.release()).toMatchObject({ kind: 'ok' });
  wechat.answers(onRequest);
  expect(await client.release({}, { timeoutMs: 500 })).toMatchObject({ kind: 'ambiguous', cause });
  expect(wechat.received).toHaveLength(2);
});

it('A call whose tunnel stands only after notAfter is not sent', async () => {
  proxy.delayMs = 200;
  const result = await client.release({}, { notAfter: performance.now() + 100 });
  expect([result, wechat.received.length]).toMatchObject([NOT_SENT, 0]);
});

it('No more tunnels than connections are set up', async () => {
  await use({ connections: 2 });
  wechat.answers((response) => setTimeout(() => response.end('{"errcode":0}'), 20));
  const results = await Promise.all(Array.from({ length: 12 }, () => client.release()));
  expect(results.map(({ kind }) => kind)).toEqual(Array(12).fill('ok'));
  expect(proxy.most).toBe(2);
});

it('A call over https is encrypted inside the tunnel, and is not sent if the handshake fails', async () => {
  await withRawServer(
    (socket) => socket.once('data', () => socket.destroy()),
    async (target) => {
      await use({ baseUrl: target.replace('http:', 'https:').replace('127.0.0.1', 'localhost') });
      expect(await client.release()).toMatchObject(NOT_SENT);
    },
  );
  // A TLS handshake that names the server.
  expect(proxy.firstBytes.map((bytes) => [bytes[0], bytes.includes('localhost')])).toEqual([[22, true]]);
});
