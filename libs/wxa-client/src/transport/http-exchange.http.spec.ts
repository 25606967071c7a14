import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { buildConnector, Pool } from 'undici';
import { LocalWeChat } from '../fixtures/local-wechat.js';
import { exchange, type HttpRequest } from './http-exchange.js';

const LIMITS = { method: 'GET', timeoutMs: 10_000, maxResponseBytes: 1000 } as const;

let wechat: LocalWeChat;
beforeEach(async () => {
  wechat = await LocalWeChat.start();
});
afterEach(() => wechat.stop());

/** Connections that are set up no earlier than `until`, during which the process does nothing else: no timer runs. */
function connectsFrom(until: number): Pool {
  const connector = buildConnector({});
  return new Pool(wechat.baseUrl, {
    connections: 1,
    connect: (options, done) =>
      connector(options, (...connected) => {
        const lateMs = until - performance.now();
        if (lateMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lateMs + 1);
        done(...connected);
      }),
  });
}

/** The result of a request whose connection takes `connectMs`, and the paths that the server gets to see. */
async function afterConnecting(connectMs: number, request: Partial<HttpRequest>) {
  const pool = connectsFrom(performance.now() + connectMs);
  const outcome = await exchange(pool, { ...LIMITS, path: '/first', ...request });
  await exchange(pool, { ...LIMITS, path: '/second' });
  await pool.close();
  return { outcome, paths: wechat.received.map(({ url }) => url) };
}

const notSent = { kind: 'failed', cause: 'connect', sent: false, code: 'TOO_LATE' };

it('No byte of a request is sent if its connection is set up only after notAfter, or after its own time-out', async () => {
  for (const late of [{ notAfter: performance.now() + 50 }, { timeoutMs: 50 }]) {
    wechat.received.length = 0;
    const { outcome, paths } = await afterConnecting(60, late);
    expect([outcome, paths]).toEqual([notSent, ['/second']]);
  }
});

it('A request is sent if its connection is set up before notAfter', async () => {
  const { outcome, paths } = await afterConnecting(10, { notAfter: performance.now() + 5_000 });
  expect([outcome.kind, paths]).toEqual(['answer', ['/first', '/second']]);
});

it('No byte of a request is sent if it is withdrawn while its connection is set up', async () => {
  const withdrawnAt = performance.now() + 5;
  const isWithdrawn = () => performance.now() > withdrawnAt;
  const { outcome, paths } = await afterConnecting(10, { isWithdrawn });
  expect([outcome, paths]).toEqual([{ ...notSent, code: 'WITHDRAWN' }, ['/second']]);
});
