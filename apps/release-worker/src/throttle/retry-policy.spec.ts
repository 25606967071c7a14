import { expect, it } from '@jest/globals';
import { backoffMs, privacyCheckMs, rateBackoffMs, untilDayTurnsMs } from './retry-policy.js';

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
