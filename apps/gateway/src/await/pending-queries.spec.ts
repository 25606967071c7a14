import { expect, it } from '@jest/globals';
import { OperationState, toOperation } from '@wxa/contracts';
import type { StoredOperation } from '@wxa/operations';
import type { Logger } from '@wxa/service';
import type { Store } from '@wxa/store';
import type { GatewaySettings } from '../config.js';
import { Demand, PendingQueries } from './pending-queries.js';

const settings = { GRPC_MAX_PENDING_QUERIES: 10 } as GatewaySettings;
const pendingOn = (rows: () => StoredOperation[]) =>
  new PendingQueries(
    { operations: { findAll: async () => rows() } } as unknown as Store,
    {} as Logger,
    settings,
    new Demand(),
  );
const { signal } = new AbortController();

it('An operation that is no longer in doubt when Kafka says so ends no wait', async () => {
  const row = (state: string) =>
    ({ id: 'one', method: 'Release', state, error: null, result: null }) as StoredOperation;
  const states = ['RETRYING', 'SUCCEEDED'];
  const pending = pendingOn(() => [row(states.shift() ?? '')]);
  const waited = pending.wait('one', signal, 5_000);
  // Published again by the relay that follows a killed one.
  pending.resolve(toOperation(row('IN_DOUBT')));
  expect(await waited).toMatchObject({ state: OperationState.OPERATION_STATE_SUCCEEDED });
});

it('A call that begins to wait after all waits were ended fails with STOPPING too', async () => {
  const pending = pendingOn(() => []);
  const stopping = { facts: { reason: 'STOPPING' } };
  const before = expect(pending.wait('one', signal, 1_000)).rejects.toMatchObject(stopping);
  pending.failAll();
  await before;
  // Its accept was in progress.
  await expect(pending.wait('two', signal, 1_000)).rejects.toMatchObject(stopping);
  expect(pending.isAnyAwaited).toBe(false);
});
