import { describe, expect, it } from '@jest/globals';
import type { ClaimedOperation } from '@wxa/store';
import type { CallOptions } from '@wxa/wxa-client';
import { type LaneEntry, laneEntry } from '../lanes/lane-entry.js';
import { act } from './call.js';
import { APPID, idleTools, RECORD, RELEASE } from './fixtures/release.js';
import type { CallTools } from './runner-tools.js';

const LEASE_MS = 60_000;

/** The `notAfter` of the snapshot read and of the call of a release that was claimed at `leaseValidFrom`. */
async function instantsOf(leaseValidFrom: number, snapshot: ClaimedOperation['snapshot']) {
  const instants: Record<string, number | undefined> = {};
  const record =
    (api: string) =>
    async (_request: unknown, options: CallOptions = {}) => {
      instants[api] = options.notAfter;
      return { kind: 'ok', value: {} } as const;
    };
  const { client, ...idle } = idleTools();
  const tools: CallTools = {
    ...idle,
    client: Object.assign(client, { getVersionInfo: record('read'), release: record('call') }),
    leaseMarginMs: 1_000,
  };
  const entry: LaneEntry = {
    ...laneEntry(RELEASE.id, APPID, 'Release', RECORD),
    state: { kind: 'claimed' },
  };
  const token = { kind: 'token', token: 't' } as const;
  await act(tools, entry, { ...RELEASE, snapshot }, token, { leaseMs: LEASE_MS, leaseValidFrom });
  return instants;
}

describe('act', () => {
  it('A call must not be sent after its lease has expired.', async () => {
    const leaseValidFrom = performance.now() - 500;
    expect(await instantsOf(leaseValidFrom, { version: '1.0' })).toEqual({ call: leaseValidFrom + LEASE_MS });
  });

  it('A call may be sent until the lease renewed after the snapshot read expires.', async () => {
    const leaseValidFrom = performance.now() - 500;
    const { read, call } = await instantsOf(leaseValidFrom, null);
    expect(read).toBe(leaseValidFrom + LEASE_MS);
    expect(call).toBeGreaterThanOrEqual(leaseValidFrom + 500 + LEASE_MS);
  });
});
