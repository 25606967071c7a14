import { expect, it } from '@jest/globals';
import type { Logger } from '@wxa/service';
import type { Store } from '@wxa/store';
import type { GatewaySettings } from '../config.js';
import { waitTimeMs } from './call-signal.js';
import { Demand, PendingQueries } from './pending-queries.js';

it('A call that begins to wait after all waits were ended fails with STOPPING too', async () => {
  const store = { operations: { findAll: async () => [] } } as unknown as Store;
  const settings = { GRPC_MAX_PENDING_QUERIES: 10 } as GatewaySettings;
  const pending = new PendingQueries(store, {} as Logger, settings, new Demand());
  const { signal } = new AbortController();
  const stopping = { facts: { reason: 'STOPPING' } };
  const before = expect(pending.wait('one', signal, 1_000)).rejects.toMatchObject(stopping);
  pending.failAll();
  await before;
  // Its accept was in progress.
  await expect(pending.wait('two', signal, 1_000)).rejects.toMatchObject(stopping);
  expect(pending.isAnyAwaited).toBe(false);
});

const of = (seconds: number, nanos = 0) => ({ seconds: BigInt(seconds), nanos });

it.each([
  ['for 60 s without timeout and deadline', undefined, Number.POSITIVE_INFINITY, 60_000],
  ['for the requested timeout', of(1, 500_000_000), Number.POSITIVE_INFINITY, 1500],
  ['for 0 ms for a timeout of 0', of(0), 10_000, 0],
  ['until 200 ms before the deadline of the caller', of(30), 5_000, 4_800],
  ['for 0 ms if the deadline of the caller is within 200 ms', undefined, 100, 0],
  ['for at most an hour', of(315_576_000_000), Number.POSITIVE_INFINITY, 3_600_000],
])('WaitOperation waits %s', (_name, timeout, left, expected) => {
  expect(waitTimeMs(timeout, left)).toBe(expected);
});
