import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { Doubt, RecheckLater } from '@wxa/store';
import type { CheckResult, DoubtCheck } from './doubt-check.js';
import { Reconciler, type ReconcilerOptions } from './reconciler.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const doubt = {
  id: '1',
  fence: 1,
  asks: 1,
  negativeReads: 0,
  method: 'Release',
  mayActUntil: null,
} as Doubt;

/** A resolver, and the moments at which it looks for doubts; `found` is what it finds in turn. */
function resolverFor({ found, asked }: { found: Doubt[][]; asked: CheckResult }) {
  const begun = Date.now();
  const looks: number[] = [];
  const written: unknown[] = [];
  const left: string[] = [];
  const store = {
    takeDoubts: async () => {
      looks.push(Date.now() - begun);
      return found.shift() ?? [];
    },
    recheckDoubtLater: async ({ recheckAt }: RecheckLater) => written.push(recheckAt) > 0,
    settleDoubt: async ({ state }: { state: string }) => written.push(state) > 0,
  };
  const options: Partial<ReconcilerOptions> = {
    doubtCheck: { run: async () => asked } as unknown as DoubtCheck,
    mayReconcile: () => true,
    onAnswer: () => undefined,
    onSettled: () => undefined,
    onNeedsOperator: (_doubt, why) => left.push(why),
  };
  const resolver = new Reconciler(store, options as ReconcilerOptions);
  resolver.start();
  return { resolver, looks, written, left };
}

it('asks again as soon as it is due, and at once about what has just come to be in doubt', async () => {
  const asked: CheckResult = {
    answer: 'not-executed',
    decision: { kind: 'check-again', afterMs: 1_100, negativeReads: 1 },
  };
  const { resolver, looks } = resolverFor({ found: [[doubt]], asked });
  resolver.wakeUpIn(0);
  await jest.advanceTimersByTimeAsync(1_400);
  expect(looks).toEqual([20, 500, 1_000, 1_140]);
  await resolver.stop();
});

it('believes nothing but that it was done while the call may still take effect, and asks again then', async () => {
  const early = { ...doubt, mayActUntil: new Date(Date.now() + 700) };
  const asked: CheckResult = { answer: 'not-executed', decision: { kind: 'retry' } };
  const { resolver, looks, written } = resolverFor({ found: [[early]], asked });
  resolver.wakeUpIn(0);
  await jest.advanceTimersByTimeAsync(900);
  expect(written).toEqual([early.mayActUntil]);
  expect(looks).toEqual([20, 500, 720]);
  await resolver.stop();
});

it('leaves a doubt whose outcome could not be written a hundred times to an operator, and says so', async () => {
  const asked: CheckResult = { answer: 'executed', decision: { kind: 'retry' } };
  const last = { ...doubt, asks: 100 };
  const { resolver, written, left } = resolverFor({ found: [[last], [{ ...last, asks: 101 }]], asked });
  await jest.advanceTimersByTimeAsync(1_000);
  expect([written, left]).toEqual([['RETRYING', null], [expect.stringContaining('100 times')]]);
  await resolver.stop();
});

it('looks no more once it is stopped', async () => {
  const asked: CheckResult = { answer: 'executed', decision: { kind: 'retry' } };
  const { resolver, looks } = resolverFor({ found: [], asked });
  resolver.wakeUpIn(100);
  await resolver.stop();
  resolver.wakeUpIn(0);
  await jest.advanceTimersByTimeAsync(2_000);
  expect(looks).toEqual([]);
});
