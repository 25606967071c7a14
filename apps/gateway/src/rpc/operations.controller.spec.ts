import { Metadata } from '@grpc/grpc-js';
import { expect, it } from '@jest/globals';
import { Resolution, ResolveOperationRequest } from '@wxa/contracts';
import { UnverifiedServerError } from '@wxa/postgres';
import { RpcErrorFilter } from '../errors/rpc-error-filter.js';
import { operationHandlers, waitTimeMs } from './operations.controller.js';
import { RpcCall } from './service.js';

const ID = '01900000-0000-7000-8000-000000000001';

/** The refusals of the calls that end an operation, and whether they reached the store. */
async function refusals(history: { isBehind: boolean; mayHaveLostTime: boolean }) {
  let hasWritten = false;
  const write = async () => {
    hasWritten = true;
    return { kind: 'unknown' };
  };
  const store = { history, operations: { cancel: write }, doubts: { resolve: write } };
  const [none, metadata] = [{} as never, new Metadata()];
  const call = new RpcCall('', 'Operations', { metadata, getPeer: () => 'peer' } as never);
  const handlers = operationHandlers(store as never, none, none, none, none);
  const cancelled = handlers.cancelOperation({ id: ID, reason: '' }, call) as Promise<unknown>;
  const resolution = { resolution: Resolution.RESOLUTION_DONE, resolvedBy: 'me', reason: 'seen' };
  const request = ResolveOperationRequest.fromPartial({ id: ID, ...resolution });
  const resolved = handlers.resolveOperation(request, call) as Promise<unknown>;
  const settled = await Promise.allSettled([cancelled, resolved]);
  return { errors: settled.map((each) => each.status === 'rejected' && each.reason), hasWritten };
}

it('No operation is cancelled or resolved on a server that is not verified: it may have ended on the one before', async () => {
  const { errors, hasWritten } = await refusals({ isBehind: false, mayHaveLostTime: true });
  // What has to run for it to be verified, whether the gateway or the store has noticed the other server.
  const { message } = new RpcErrorFilter({} as never).toResponse(new UnverifiedServerError());
  expect(message).toContain('a worker does that while Kafka is available');
  const retry = { message, facts: { reason: 'STORE_UNAVAILABLE' } };
  expect({ errors, hasWritten }).toMatchObject({ errors: [retry, retry], hasWritten: false });
  const behind = { facts: { reason: 'HISTORY_BEHIND' } };
  const both = await refusals({ isBehind: true, mayHaveLostTime: true });
  expect(both.errors).toMatchObject([behind, behind]);
  expect((await refusals({ isBehind: false, mayHaveLostTime: false })).hasWritten).toBe(true);
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
