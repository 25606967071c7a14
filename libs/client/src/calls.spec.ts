import { getEventListeners } from 'node:events';
import { type Client, Metadata } from '@grpc/grpc-js';
import { expect, it } from '@jest/globals';
import { type RpcMethod, unary } from './calls.js';

const METHOD = { path: '/Service/Method' } as RpcMethod<object, string>;
const OPTIONS = { metadata: new Metadata(), deadlineMs: 1_000 };

/** Answers each call that is not cancelled. */
const client = {
  makeUnaryRequest: (...args: unknown[]) => {
    const done = args.at(-1) as (error: Error | null, response?: string) => void;
    const answering = setImmediate(() => done(null, 'answer'));
    return {
      cancel() {
        clearImmediate(answering);
        setImmediate(() => done(new Error('cancelled')));
      },
    };
  },
} as unknown as Client;

it('A call that has ended no longer listens to its signal', async () => {
  const { signal } = new AbortController();
  expect(await unary(client, METHOD, {}, { ...OPTIONS, signal })).toBe('answer');
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

it('A call whose signal was aborted before it is cancelled', async () => {
  const options = { ...OPTIONS, signal: AbortSignal.abort() };
  await expect(unary(client, METHOD, {}, options)).rejects.toThrow('cancelled');
});
