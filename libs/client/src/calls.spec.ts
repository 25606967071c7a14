import { getEventListeners } from 'node:events';
import { type Client, Metadata } from '@grpc/grpc-js';
import { expect, it } from '@jest/globals';
import { type RpcMethod, unary } from './calls.js';

const METHOD = { path: '/Service/Method' } as RpcMethod<object, string>;
const OPTIONS = { metadata: new Metadata(), deadlineMs: 1_000 };

/** Answers each call. */
const client = {
  makeUnaryRequest: (...args: unknown[]) => {
    const done = args.at(-1) as (error: null, response: string) => void;
    setImmediate(() => done(null, 'answer'));
    return { cancel: () => undefined };
  },
} as unknown as Client;

it('A call that has ended no longer listens to its signal', async () => {
  const { signal } = new AbortController();
  expect(await unary(client, METHOD, {}, { ...OPTIONS, signal })).toBe('answer');
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
