import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import type { ClaimedOperation } from '@wxa/store';
import { describeErrcode, WxaClient } from '@wxa/wxa-client';
import { laneEntry } from '../lanes/lane-entry.js';
import { UNLIMITED } from '../throttle/fixtures/unlimited.js';
import { RateLimits } from '../throttle/rate-limits.js';
import { act } from './call.js';
import { APPID, idleTools, RECORD, RELEASE } from './fixtures/release.js';

const TOKEN = { kind: 'token', token: 't' } as const;

describe('act', () => {
  it('A speed-up that may have been executed succeeds when WeChat rejects its retry with 89404.', async () => {
    const operation: ClaimedOperation = {
      ...RELEASE,
      ...{ method: 'SpeedUpAudit', mayHaveActed: true, request: { appid: APPID, auditId: '1' } },
    };
    const error = { ...describeErrcode(89404), errcode: 89404, errmsg: '', rid: '', api: 'wxa/speedupaudit' };
    const { client, ...tools } = idleTools();
    const speedUpAudit = async () => ({ kind: 'error', error }) as const;
    const { decision } = await act(
      { ...tools, client: Object.assign(client, { speedUpAudit }) },
      { ...laneEntry(RELEASE.id, APPID, 'SpeedUpAudit', RECORD), state: { kind: 'claimed' } },
      operation,
      TOKEN,
      { leaseMs: 60_000, leaseValidFrom: performance.now() },
    );
    expect(decision).toEqual({ kind: 'succeeded', result: undefined });
  });

  it('A call whose API is stopped while it gets a connection is not sent, and waits for the end of the stop.', async () => {
    let requests = 0;
    const server = createServer((_, answer) => {
      requests += 1;
      answer.end('{"errcode":0}');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const client = new WxaClient({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    let asked = 0;
    const stoppedBy = () => {
      asked += 1;
      return asked === 1 ? undefined : 'operator';
    };
    const { decision, sent } = await act(
      { ...idleTools(), client, limits: new RateLimits({ perAppid: 0 }, { ...UNLIMITED, stoppedBy }) },
      { ...laneEntry(RELEASE.id, APPID, 'Release', RECORD), state: { kind: 'claimed' } },
      RELEASE,
      TOKEN,
      { leaseMs: 60_000, leaseValidFrom: performance.now() },
    );
    const waits = { kind: 'retry', afterMs: 0, error: { reason: 'API_STOPPED' } };
    expect([requests, sent, decision]).toMatchObject([0, false, waits]);
    await client.close();
    server.close();
  });
});
