import { Metadata } from '@grpc/grpc-js';
import { expect, it } from '@jest/globals';
import { Resolution, ResolveOperationRequest } from '@wxa/contracts';
import { UnverifiedServerError } from '@wxa/store';
import { RpcErrorFilter } from '../errors/rpc-error-filter.js';
import { OperationsController } from './operations.controller.js';

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
  const call = { metadata, getPeer: () => 'peer' } as never;
  const controller = new OperationsController(store as never, none, none, none, none);
  const cancelled = controller.cancelOperation({ id: ID, reason: '' }, metadata, call);
  const resolution = Resolution.RESOLUTION_DONE;
  const request = ResolveOperationRequest.fromPartial({
    id: ID,
    resolution,
    resolvedBy: 'me',
    reason: 'seen',
  });
  const resolved = controller.resolveOperation(request, metadata, call);
  const errors = await Promise.all(
    [cancelled, resolved].map((each) => each.catch((error: unknown) => error)),
  );
  return { errors, hasWritten };
}

it('No operation is cancelled or resolved on a server that is not verified: it may have ended on the one before', async () => {
  const stored = await refusals({ isBehind: false, mayHaveLostTime: true });
  const retry = { facts: { reason: 'STORE_UNAVAILABLE' } };
  expect(stored).toMatchObject({ errors: [retry, retry], hasWritten: false });
  const behind = { facts: { reason: 'HISTORY_BEHIND' } };
  expect(await refusals({ isBehind: true, mayHaveLostTime: true })).toMatchObject({
    errors: [behind, behind],
  });
  expect((await refusals({ isBehind: false, mayHaveLostTime: false })).hasWritten).toBe(true);
});

it('The refusal says what has to run for a server to be verified, whether the gateway or the store has noticed the other server', async () => {
  const { errors } = await refusals({ isBehind: false, mayHaveLostTime: true });
  const messages = errors.map((error) => (error as Error).message);
  const filter = new RpcErrorFilter({} as never);
  const { message } = filter.toResponse(new UnverifiedServerError());
  expect(messages).toEqual([message, message]);
  expect(message).toContain('a worker does that while Kafka is available');
});
