import { describe, expect, it } from '@jest/globals';
import type { ClaimedOperation } from '@wxa/store';
import { describeErrcode } from '@wxa/wxa-client';
import { laneEntry } from '../lanes/lane-entry.js';
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
});
