import { describe, expect, it } from '@jest/globals';
import type { ReceivedRecord } from '@wxa/kafka';
import type { ClaimedOperation } from '@wxa/store';
import { type CallOptions, WxaClient } from '@wxa/wxa-client';
import { laneEntry } from '../lanes/lane-entry.js';
import { RateLimits } from '../pacing/rate-limits.js';
import { type ActTools, act } from './act.js';

const APPID = 'wx0123456789abcdef';
const LEASE_MS = 60_000;

const OPERATION: ClaimedOperation = {
  id: '01900000-0000-7000-8000-000000000001',
  appid: APPID,
  requestId: 'r',
  method: 'Release',
  isChange: true,
  state: 'RUNNING',
  attempt: 1,
  calls: 0,
  createdAt: new Date(),
  startedAt: new Date(),
  endedAt: null,
  nextAttemptAt: null,
  blockedBy: null,
  error: null,
  result: null,
  traceparent: 't',
  updatedAt: new Date(),
  request: { appid: APPID },
  noted: null,
  mayHaveActed: false,
  saidNotDone: 0,
  throttledMs: 0,
};

/** The `notAfter` of the question and of the call of a release that was claimed at an instant. */
async function instantsOf(heldSince: number, noted: ClaimedOperation['noted']) {
  const given: Record<string, number | undefined> = {};
  const ends =
    (api: string) =>
    async (_request: unknown, options: CallOptions = {}) => {
      given[api] = options.notAfter;
      return { kind: 'ok', value: {} } as const;
    };
  const client = new WxaClient({ baseUrl: 'http://127.0.0.1:1' });
  const tools: ActTools = {
    client: Object.assign(client, { getVersionInfo: ends('question'), release: ends('call') }),
    limits: new RateLimits({ perAppid: 0 }),
    store: {
      note: async () => true,
      openMedia: async () => undefined,
      versionOfAudit: async () => '',
      versionCommittedBefore: async () => '',
    },
    timeoutMs: 1_000,
    deadlineMs: 60_000,
    dailyQuota: 'fail',
    leaseMarginMs: 1_000,
    breaker: { openWithinMs: () => 0 },
    onTried: () => undefined,
    onStoreFailure: () => undefined,
  };
  const entry = laneEntry(OPERATION.id, APPID, 'Release', { isCurrent: () => true } as ReceivedRecord);
  const token = { kind: 'token', token: 't' } as const;
  await act(tools, entry, { ...OPERATION, noted }, token, { leaseMs: LEASE_MS, heldSince });
  return given;
}

describe('act', () => {
  it('lets no call be sent after the end of its claim', async () => {
    const heldSince = performance.now() - 500;
    expect(await instantsOf(heldSince, { version: '1.0' })).toEqual({ call: heldSince + LEASE_MS });
  });

  it('lets a call be sent until the end of the claim that was renewed after its question', async () => {
    const heldSince = performance.now() - 500;
    const { question, call } = await instantsOf(heldSince, null);
    expect(question).toBe(heldSince + LEASE_MS);
    expect(call).toBeGreaterThanOrEqual(heldSince + 500 + LEASE_MS);
  });
});
