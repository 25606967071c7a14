import { expect, it } from '@jest/globals';
import { persistWithRetry } from './persist-with-retry.js';

const BACKOFF = { firstMs: 1, atMostMs: 4, giveUpMs: 60_000 };
const unavailable = Object.assign(new Error('gone'), { code: '08006' });
const rejected = Object.assign(new Error('no such column'), { code: '42703' });

/** A store whose first `times` writes fail. */
function failing(times: number, error: Error = unavailable) {
  const failures: unknown[] = [];
  const ages: number[] = [];
  const write = async (ageMs: number) => {
    if (ages.push(ageMs) <= times) throw error;
    return 'written';
  };
  return { write, ages, failures, onFailure: (failure: unknown) => failures.push(failure) };
}

it('A write is retried while Postgres is unavailable, and each failure is reported.', async () => {
  const { write, failures, onFailure } = failing(6);
  expect(await persistWithRetry(write, onFailure, BACKOFF)).toBe('written');
  expect(failures).toEqual(Array(6).fill(unavailable));
});

it('A write that is retried knows how old the tokens are by then.', async () => {
  const { write, ages, onFailure } = failing(2);
  await persistWithRetry(write, onFailure, { ...BACKOFF, firstMs: 20, atMostMs: 20 });
  const [first = 0, , last = 0] = ages;
  // Timers may end a millisecond early.
  expect(last - first).toBeGreaterThanOrEqual(38);
});

it('A write that Postgres rejects is not retried.', async () => {
  const { write, onFailure, ages } = failing(1, rejected);
  await expect(persistWithRetry(write, onFailure, BACKOFF)).rejects.toBe(rejected);
  expect(ages).toHaveLength(1);
});

it('A write fails once the retries exceed the limit.', async () => {
  const { write, onFailure, ages } = failing(1_000);
  const backoff = { firstMs: 1, atMostMs: 16, giveUpMs: 50 };
  await expect(persistWithRetry(write, onFailure, backoff)).rejects.toBe(unavailable);
  // 1 + 2 + 4 + 8 + 16 + 16 ms are within the limit, one more wait is not. On a slow machine there are fewer.
  expect(ages.length).toBeLessThanOrEqual(7);
});
