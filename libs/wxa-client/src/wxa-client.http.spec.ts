import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LocalWeChat, type Reply } from './fixtures/local-wechat.js';
import { freePort, withRawServer } from './fixtures/raw-server.js';
import { WxaClient } from './wxa-client.js';

const token = 'SECRET+token/1';
const okBody = '{"errcode":0,"errmsg":"ok"}';

let wechat: LocalWeChat;
let client: WxaClient;

beforeEach(async () => {
  wechat = await LocalWeChat.start();
  client = new WxaClient({ baseUrl: wechat.baseUrl, token, maxResponseBytes: 1000, connections: 1 });
});

afterEach(async () => {
  await wechat.stop();
  await client.close();
});

it('A call that is withdrawn before its first byte is retryable, is not sent and does not count as attempted', async () => {
  const attempted: string[] = [];
  const options = { isWithdrawn: (api: string) => api === 'wxa/release' };
  const onResult = (_: unknown, api: string) => void attempted.push(api);
  expect(await client.release({}, { ...options, onResult })).toMatchObject({
    kind: 'retryable',
    cause: 'connect',
  });
  expect(await client.getVersionInfo({}, { ...options, onResult })).toMatchObject({ kind: 'ok' });
  expect([wechat.received.length, attempted]).toEqual([1, ['wxa/getversioninfo']]);
});

describe('inconclusive responses', () => {
  it.each([
    [500, okBody, 'http-status'],
    [502, '<html>Bad Gateway</html>', 'http-status'],
    [302, '', 'http-status'],
    [204, '', 'http-status'],
    [400, okBody, 'http-status'],
  ])('A response with status %d is ambiguous', async (status, body, cause) => {
    wechat.answers(body, status);
    expect(await client.release()).toMatchObject({
      kind: 'ambiguous',
      cause,
      error: { errcode: 0, category: 'TRANSPORT', reason: 'HTTP_STATUS' },
    });
  });

  it.each([
    ['HTML', '<html></html>'],
    ['nothing', ''],
    ['half of the JSON', okBody.slice(0, 12)],
    ['an array', '[]'],
    ['no errcode', '{"errmsg":"ok"}'],
    ['an invalid errcode', '{"errcode":"ok"}'],
  ])('A response with %s as its body is ambiguous', async (_name, body) => {
    wechat.answers(body);
    expect(await client.release()).toMatchObject({ kind: 'ambiguous', cause: 'unreadable' });
  });

  it.each<[string, Reply]>([
    ['by its content-length', (response) => response.end('x'.repeat(1001))],
    ['by its chunks', (response) => response.write('x'.repeat(600), () => response.end('x'.repeat(600)))],
  ])('A response that is too large %s is ambiguous', async (_name, reply) => {
    wechat.answers(reply);
    expect(await client.release()).toMatchObject({ kind: 'ambiguous', cause: 'too-large' });
  });
});

describe('broken connections', () => {
  const reset = { kind: 'ambiguous', cause: 'reset', error: { reason: 'CONNECTION_RESET' } };

  it.each<[string, Reply]>([
    ['after the request', (_response, request) => request.socket.destroy()],
    ['by a reset after the request', (_response, request) => request.socket.resetAndDestroy()],
    [
      'in the middle of a body of known length',
      (response) =>
        response
          .writeHead(200, { 'content-length': '27' })
          .write(okBody.slice(0, 9), () => response.destroy()),
    ],
    [
      'in the middle of a body in chunks',
      (response) => response.write(okBody.slice(0, 9), () => response.destroy()),
    ],
  ])('A call whose connection is closed %s is ambiguous and not retried', async (_name, reply) => {
    wechat.answers(reply);
    expect(await client.undoAudit()).toMatchObject(reset);
    expect(wechat.received).toHaveLength(1);
  });

  it('A call is ambiguous if WeChat closes its kept-alive connection on the second request', async () => {
    expect((await client.undoAudit()).kind).toBe('ok');
    wechat.answers((_response, request) => request.socket.destroy());
    expect(await client.undoAudit()).toMatchObject(reset);
    expect(wechat.received).toHaveLength(2);
    wechat.answers(okBody);
    expect((await client.undoAudit()).kind).toBe('ok');
  });

  it('A call is ambiguous if the response is not HTTP', async () => {
    await withRawServer(
      (socket) => socket.once('data', () => socket.end('SSH-2.0-OpenSSH\r\n')),
      async (baseUrl) => {
        const other = new WxaClient({ baseUrl, token });
        expect(await other.release()).toMatchObject({ kind: 'ambiguous', cause: 'unreadable' });
        await other.close();
      },
    );
  });
});

describe('onResult', () => {
  it('onResult receives the result of each call that was attempted, and of no other', async () => {
    const heard: unknown[] = [];
    const { baseUrl } = wechat;
    const other = new WxaClient({ baseUrl, onResult: (result) => heard.push(result) });
    wechat.answers({ errcode: -1, errmsg: 'busy' });
    await other.release();
    const result = await other.release({}, { token });
    expect(heard).toEqual([result]);
    await other.close();
  });
});

describe('unsent calls', () => {
  const unsent = { kind: 'retryable', cause: 'connect', error: { category: 'TRANSPORT', retryable: true } };

  it('A call is retryable if the connection is refused', async () => {
    const port = await freePort();
    const other = new WxaClient({ baseUrl: `http://127.0.0.1:${port}`, token });
    expect(await other.release()).toMatchObject({ ...unsent, error: { reason: 'CONNECT_FAILED' } });
    await other.close();
  });

  it('A call is retryable if the host name is unknown', async () => {
    const other = new WxaClient({ baseUrl: 'http://wechat.invalid', token, timeoutMs: 2000 });
    expect(await other.release()).toMatchObject(unsent);
    await other.close();
  });

  it('A call is retryable if TLS fails', async () => {
    const other = new WxaClient({ baseUrl: wechat.baseUrl.replace('http:', 'https:'), token });
    expect(await other.release()).toMatchObject(unsent);
    await other.close();
    expect(wechat.received).toEqual([]);
  });

  it('A call whose time-out expires in the queue for a connection is retryable and never sent', async () => {
    const held = heldReply();
    wechat.answers(held.reply);
    const first = client.listPages();
    await held.arrived;
    expect(await client.undoAudit({}, { timeoutMs: 20 })).toMatchObject(unsent);
    wechat.answers(okBody);
    held.release();
    expect((await first).kind).toBe('ok');
    expect((await client.release()).kind).toBe('ok');
    expect(wechat.received.map(({ url }) => url?.split('?')[0])).toEqual(['/wxa/get_page', '/wxa/release']);
  });

  it('A call is retryable if its signal was aborted before', async () => {
    const result = await client.release({}, { signal: AbortSignal.abort() });
    expect(result).toMatchObject({ ...unsent, error: { reason: 'ABORTED' } });
    expect(wechat.received).toEqual([]);
  });

  it('A call is retryable after close', async () => {
    await client.close();
    expect(await client.release()).toMatchObject(unsent);
  });

  it('A call without a token is an error', async () => {
    const other = new WxaClient({ baseUrl: wechat.baseUrl });
    const error = { category: 'TOKEN', reason: 'TOKEN_UNAVAILABLE', errcode: 0 };
    expect(await other.release()).toMatchObject({ kind: 'error', error });
    expect(wechat.received).toEqual([]);
    await other.close();
  });
});

describe('time-out and abort', () => {
  it('A call is ambiguous if no response arrives', async () => {
    const held = heldReply();
    wechat.answers(held.reply);
    const result = await client.release({}, { timeoutMs: 50 });
    expect(result).toMatchObject({ kind: 'ambiguous', cause: 'timeout', error: { reason: 'TIMEOUT' } });
  });

  it('A call is ambiguous if its response body does not end, although bytes keep arriving', async () => {
    wechat.answers((response) => {
      const drip = setInterval(() => response.write(' '), 5);
      response.on('close', () => clearInterval(drip));
    });
    const result = await client.release({}, { timeoutMs: 50 });
    expect(result).toMatchObject({ kind: 'ambiguous', cause: 'timeout' });
  });

  it('A call ends at once, ambiguous, if the caller aborts it', async () => {
    const held = heldReply();
    wechat.answers(held.reply);
    const abort = new AbortController();
    const result = client.release({}, { signal: abort.signal });
    await held.arrived;
    abort.abort();
    expect(await result).toMatchObject({ kind: 'ambiguous', cause: 'aborted', error: { reason: 'ABORTED' } });
  });
});

describe('token', () => {
  it('No result contains the token, even if WeChat echoes it', async () => {
    const results: unknown[] = [];
    const encoded = encodeURIComponent(token);
    for (const echo of [token, encoded]) {
      wechat.answers({ errcode: 40001, errmsg: `bad ${echo} rid: ${echo}`, rid: echo });
      results.push(await client.release());
    }
    wechat.answers(`<html>${token}</html>`, 502);
    results.push(await client.release());
    wechat.answers((_response, request) => request.socket.destroy());
    results.push(await client.release(), await client.release({}, { timeoutMs: 1 }));
    await client.close();
    results.push(await client.release());
    for (const text of results.map((result) => inspect(result, { depth: 9, showHidden: true }))) {
      expect(text).not.toContain(token);
      expect(text).not.toContain(encoded);
      expect(text).not.toContain('SECRET');
    }
  });
});

/** A reply that waits until it is released. */
function heldReply(): { reply: Reply; arrived: Promise<void>; release: () => void } {
  let arrive = () => {};
  let release = () => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const reply: Reply = (response) => {
    release = () => void response.end(okBody);
    arrive();
  };
  return { reply, arrived, release: () => release() };
}
