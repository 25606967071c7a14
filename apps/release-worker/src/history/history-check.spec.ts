import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { HistoryCheck, type HistoryCheckTools } from './history-check.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

it('Callbacks that were deferred in the moment of the verification are matched within 11 s after it.', async () => {
  const history = { isVerified: true, onChange: () => undefined, confirm: async () => undefined };
  let deferred = ['before'];
  const matchDeferred = async () => {
    deferred = [];
  };
  const check = new HistoryCheck({
    store: { history, audits: { matchDeferred } },
  } as unknown as HistoryCheckTools);
  check.start();
  await jest.advanceTimersByTimeAsync(0);
  expect(deferred).toEqual([]);
  deferred = ['in the moment'];
  await jest.advanceTimersByTimeAsync(9_000);
  expect(deferred).toEqual(['in the moment']);
  await jest.advanceTimersByTimeAsync(1_500);
  expect(deferred).toEqual([]);
  history.isVerified = false;
  await check.stop();
});
