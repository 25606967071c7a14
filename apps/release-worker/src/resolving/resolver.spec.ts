import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { Doubt, NoVerdict } from '@wxa/store';
import type { Asked, Asker } from './asker.js';
import { Resolver, type ResolverOptions } from './resolver.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const doubt = { id: '1', attempt: 1, asks: 1, saidNotDone: 0, method: 'Release', mayActUntil: null } as Doubt;

/** A resolver, and the moments at which it looks for doubts; `found` is what it finds in turn. */
function resolverFor({ found, asked }: { found: Doubt[][]; asked: Asked }) {
  const begun = Date.now();
  const looks: number[] = [];
  const written: unknown[] = [];
  const left: string[] = [];
  const store = {
    takeDoubts: async () => {
      looks.push(Date.now() - begun);
      return found.shift() ?? [];
    },
    askAgain: async ({ askAt }: NoVerdict) => written.push(askAt) > 0,
    settleDoubt: async ({ state }: { state: string }) => written.push(state) > 0,
  };
  const options: Partial<ResolverOptions> = {
    asker: { ask: async () => asked } as unknown as Asker,
    mayAsk: () => true,
    onAnswer: () => undefined,
    onSettled: () => undefined,
    onStays: (_doubt, why) => left.push(why),
  };
  const resolver = new Resolver(store, options as ResolverOptions);
  resolver.start();
  return { resolver, looks, written, left };
}

it('asks again as soon as it is due, and at once about what has just come to be in doubt', async () => {
  const asked: Asked = {
    answer: 'not-done',
    decision: { kind: 'ask-again', afterMs: 1_100, saidNotDone: 1 },
  };
  const { resolver, looks } = resolverFor({ found: [[doubt]], asked });
  resolver.kick(0);
  await jest.advanceTimersByTimeAsync(1_400);
  expect(looks).toEqual([20, 500, 1_000, 1_140]);
  await resolver.stop();
});

it('believes nothing but that it was done while the call may still take effect, and asks again then', async () => {
  const early = { ...doubt, mayActUntil: new Date(Date.now() + 700) };
  const asked: Asked = { answer: 'not-done', decision: { kind: 'repeat' } };
  const { resolver, looks, written } = resolverFor({ found: [[early]], asked });
  resolver.kick(0);
  await jest.advanceTimersByTimeAsync(900);
  expect(written).toEqual([early.mayActUntil]);
  expect(looks).toEqual([20, 500, 720]);
  await resolver.stop();
});

it('leaves a doubt whose outcome could not be written a hundred times to an operator, and says so', async () => {
  const asked: Asked = { answer: 'done', decision: { kind: 'repeat' } };
  const last = { ...doubt, asks: 100 };
  const { resolver, written, left } = resolverFor({ found: [[last], [{ ...last, asks: 101 }]], asked });
  await jest.advanceTimersByTimeAsync(1_000);
  expect([written, left]).toEqual([['RETRYING', null], [expect.stringContaining('100 times')]]);
  await resolver.stop();
});

it('looks no more once it is stopped', async () => {
  const asked: Asked = { answer: 'done', decision: { kind: 'repeat' } };
  const { resolver, looks } = resolverFor({ found: [], asked });
  resolver.kick(100);
  await resolver.stop();
  resolver.kick(0);
  await jest.advanceTimersByTimeAsync(2_000);
  expect(looks).toEqual([]);
});
