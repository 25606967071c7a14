import { expect, it } from '@jest/globals';
import type { Logger } from '@wxa/service';
import type { Store } from '@wxa/store';
import type { GatewaySettings } from '../config.js';
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
