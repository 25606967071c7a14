import { describe, expect, it } from '@jest/globals';
import type { ClaimedOperation } from '@wxa/store';
import type { CallOptions } from '@wxa/wxa-client';
import { laneEntry } from '../lanes/lane-entry.js';
import { type ActTools, act } from './act.js';
import { APPID, idleTools, RECORD, RELEASE } from './fixtures/release.js';

const LEASE_MS = 60_000;

/** The `notAfter` of the question and of the call of a release that was claimed at an instant. */
async function instantsOf(leaseValidFrom: number, noted: ClaimedOperation['noted']) {
  const given: Record<string, number | undefined> = {};
  const ends =
    (api: string) =>
    async (_request: unknown, options: CallOptions = {}) => {
      given[api] = options.notAfter;
      return { kind: 'ok', value: {} } as const;
    };
  const { client, ...idle } = idleTools();
  const tools: ActTools = {
    ...idle,
    client: Object.assign(client, { getVersionInfo: ends('read'), release: ends('call') }),
    leaseMarginMs: 1_000,
  };
  const entry = laneEntry(RELEASE.id, APPID, 'Release', RECORD);
  const token = { kind: 'token', token: 't' } as const;
  await act(tools, entry, { ...RELEASE, noted }, token, { leaseMs: LEASE_MS, leaseValidFrom });
  return given;
}

describe('act', () => {
  it('lets no call be sent after the end of its claim', async () => {
    const heldSince = performance.now() - 500;
    expect(await instantsOf(heldSince, { version: '1.0' })).toEqual({ call: heldSince + LEASE_MS });
  });

  it('lets a call be sent until the end of the claim that was renewed after its question', async () => {
    const heldSince = performance.now() - 500;
    const { read, call } = await instantsOf(heldSince, null);
    expect(read).toBe(heldSince + LEASE_MS);
    expect(call).toBeGreaterThanOrEqual(heldSince + 500 + LEASE_MS);
  });
});
