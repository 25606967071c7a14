import { EventEmitter, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LocalWeChat, type Reply } from './fixtures/local-wechat.js';
import { freePort, withRawServer } from './fixtures/raw-server.js';
import { WxaClient, type WxaClientOptions } from './wxa-client.js';
import type { WxaResult } from './wxa-result.js';

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

/** The result of a call by a client of its own. */
async function released(options: Partial<WxaClientOptions>): Promise<WxaResult<unknown>> {
  const other = new WxaClient({ baseUrl: wechat.baseUrl, token, ...options });
  const result = await other.release();
  await other.close();
  return result;
}

describe('inconclusive responses', () => {
  it.each([
    [500, okBody],
    [502, '<html>Bad Gateway</html>'],
    [302, ''],
    [204, ''],
    [400, okBody],
  ])('A response with status %d is ambiguous', async (status, body) => {
    wechat.answers(body, status);
    const error = { errcode: 0, category: 'TRANSPORT', reason: 'HTTP_STATUS' };
    expect(await client.release()).toMatchObject({ kind: 'ambiguous', cause: 'http-status', error });
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

  it('A response that is not HTTP is ambiguous', async () => {
    await withRawServer(
      (socket) => socket.once('data', () => socket.end('SSH-2.0-OpenSSH\r\n')),
      async (baseUrl) =>
        expect(await released({ baseUrl })).toMatchObject({ kind: 'ambiguous', cause: 'unreadable' }),
    );
  });
});

describe('broken connections', () => {
  const reset = { kind: 'ambiguous', cause: 'reset', error: { reason: 'CONNECTION_RESET' } };
  const cut = (response: ServerResponse) => response.write(okBody.slice(0, 9), () => response.destroy());

  it.each<[string, Reply]>([
    ['after the request', (_response, request) => request.socket.destroy()],
    ['by a reset after the request', (_response, request) => request.socket.resetAndDestroy()],
    ['in a body of known length', (response) => cut(response.writeHead(200, { 'content-length': '27' }))],
    ['in a body in chunks', (response) => cut(response)],
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
});

it('onResult receives the result of each call that was attempted, and of no other', async () => {
  const heard: unknown[] = [];
  const onResult = (result: unknown) => heard.push(result);
  wechat.answers({ errcode: -1, errmsg: 'busy' });
  await released({ token: undefined, onResult });
  expect(heard).toEqual([await released({ onResult })]);
});

describe('unsent calls', () => {
  const unsent = { kind: 'retryable', cause: 'connect', error: { category: 'TRANSPORT', retryable: true } };

  it('A call is retryable if no connection can be set up', async () => {
    const refused = await released({ baseUrl: `http://127.0.0.1:${await freePort()}` });
    expect(refused).toMatchObject({ ...unsent, error: { reason: 'CONNECT_FAILED' } });
    expect(await released({ baseUrl: 'http://wechat.invalid', timeoutMs: 2000 })).toMatchObject(unsent);
    expect(await released({ baseUrl: wechat.baseUrl.replace('http:', 'https:') })).toMatchObject(unsent);
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
    expect([(await first).kind, (await client.release()).kind]).toEqual(['ok', 'ok']);
    expect(wechat.received.map(({ url }) => url?.split('?')[0])).toEqual(['/wxa/get_page', '/wxa/release']);
  });

  it('A call that is withdrawn or too late before its first byte is retryable, is not sent and does not count as attempted', async () => {
    const attempted: string[] = [];
    const isWithdrawn = (api: string) => api === 'wxa/release';
    const options = { isWithdrawn, onResult: (_: unknown, api: string) => void attempted.push(api) };
    expect(await client.release({}, options)).toMatchObject({ kind: 'retryable', cause: 'connect' });
    const late = { ...options, notAfter: performance.now() - 1 };
    expect(await client.getVersionInfo({}, late)).toMatchObject({ kind: 'retryable', cause: 'connect' });
    expect(await client.getVersionInfo({}, options)).toMatchObject({ kind: 'ok' });
    expect([wechat.received.length, attempted]).toEqual([1, ['wxa/getversioninfo']]);
  });

  it('A call is retryable if its signal was aborted before, and after close', async () => {
    const aborted = await client.release({}, { signal: AbortSignal.abort() });
    expect(aborted).toMatchObject({ ...unsent, error: { reason: 'ABORTED' } });
    await client.close();
    expect(await client.release()).toMatchObject(unsent);
    expect(wechat.received).toEqual([]);
  });

  it('A call without a token is an error', async () => {
    const error = { category: 'TOKEN', reason: 'TOKEN_UNAVAILABLE', errcode: 0 };
    expect(await released({ token: undefined })).toMatchObject({ kind: 'error', error });
    expect(wechat.received).toEqual([]);
  });
});

describe('time-out and abort', () => {
  // So that the time-out of a test does not include the connecting.
  beforeEach(async () => expect(await client.release()).toMatchObject({ kind: 'ok' }));

  it('A call is ambiguous if no response arrives', async () => {
    wechat.answers(() => undefined);
    const result = await client.release({}, { timeoutMs: 500 });
    expect(result).toMatchObject({ kind: 'ambiguous', cause: 'timeout', error: { reason: 'TIMEOUT' } });
  });

  it('A call is ambiguous if its response body does not end, although bytes keep arriving', async () => {
    wechat.answers((response) => {
      const drip = setInterval(() => response.write(' '), 5);
      response.on('close', () => clearInterval(drip));
    });
    const result = await client.release({}, { timeoutMs: 500 });
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
  const text = inspect(results, { depth: 9, showHidden: true });
  expect([token, encoded, 'SECRET'].filter((secret) => text.includes(secret))).toEqual([]);
});

/** A reply that waits until it is released. */
function heldReply() {
  const events = new EventEmitter();
  const reply: Reply = (response) => {
    events.once('release', () => response.end(okBody));
    events.emit('arrival');
  };
  return { reply, arrived: once(events, 'arrival'), release: () => events.emit('release') };
}
