import { beforeEach, expect, it } from '@jest/globals';
import { backoffMs, privacyCheckMs, RetryBudget, rateBackoffMs, untilDayTurnsMs } from './retry-policy.js';

it('backoffMs returns full jitter up to 0.5 s × 2ⁿ, at most 30 s.', () => {
  expect(backoffMs(0, () => 0.999)).toBe(499);
  expect(backoffMs(1, () => 0)).toBe(0);
  expect(backoffMs(50, () => 0.999_999)).toBe(29_999);
});

it("The back-off is at least 1 s after WeChat's rate limit and 60 s for the privacy check.", () => {
  expect(rateBackoffMs(1, () => 0)).toBe(1000);
  expect(privacyCheckMs(() => 0)).toBe(60_000);
});

it.each([
  ['2026-03-01T12:00:00+08:00', '2026-03-02T00:01:00+08:00'],
  ['2026-02-28T23:59:59.999+08:00', '2026-03-01T00:01:00+08:00'],
  ['2026-03-01T00:00:00+08:00', '2026-03-01T00:01:00+08:00'],
  ['2026-03-01T00:00:30+08:00', '2026-03-01T00:01:00+08:00'],
  ['2026-03-01T00:01:00+08:00', '2026-03-01T00:11:00+08:00'],
  ['2026-03-01T00:59:59+08:00', '2026-03-01T01:09:59+08:00'],
  ['2026-03-01T01:00:00+08:00', '2026-03-02T00:01:00+08:00'],
  ['2026-12-31T16:30:00Z', '2026-12-31T16:40:00Z'],
])('A daily quota exhausted at %s is retried at %s.', (exhaustedAt, retriedAt) => {
  const now = Date.parse(exhaustedAt);
  expect(new Date(now + untilDayTurnsMs(now))).toEqual(new Date(retriedAt));
});

let now: number;
let requests: boolean[];
let budget: RetryBudget;
beforeEach(() => {
  now = 0;
  requests = [];
  budget = new RetryBudget(
    (granted) => requests.push(granted),
    () => now,
    () => 0.5,
  );
});

const granted = (requested: number) =>
  Array.from({ length: requested }, () => budget.take()).filter((ms) => ms === 0).length;

it('RetryBudget grants 10 retries per second on a quiet service.', () => {
  expect(granted(30)).toBe(10);
  expect(budget.take()).toBe(500);
  expect(requests.filter((was) => was)).toHaveLength(10);
  expect(requests.at(-1)).toBe(false);
  now += 1000;
  expect(granted(30)).toBe(10);
});

it('RetryBudget grants retries for 20 % of the calls on a busy service.', () => {
  let retries = 0;
  for (let i = 0; i < 30_000; i++) {
    now += 2;
    budget.called();
    retries += granted(1);
  }
  expect(retries).toBeGreaterThan(5_950);
  expect(retries).toBeLessThan(6_050);
});

it('RetryBudget accumulates at most 100 retries.', () => {
  now += 3_600_000;
  expect(granted(1000)).toBe(100);
});
