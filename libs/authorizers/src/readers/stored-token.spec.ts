import { expect, it } from '@jest/globals';
import { expiresInS, mayBeHandedOut } from './stored-token.js';

const HOURS_2 = 7_200_000;

it.each([
  // Until its renewal, 10 minutes before its end.
  [7_200_000, HOURS_2, 6_600],
  [3_600_900, HOURS_2, 3_000],
  [661_000, HOURS_2, 61],
  // A minute at least: WeChat accepts a renewed token for 5 minutes more.
  [659_000, HOURS_2, 60],
  [120_001, HOURS_2, 60],
  // Of a shorter life, as the simulator's may be, the same shares.
  [60_000, 60_000, 45],
  [20_000, 60_000, 5],
  [10_000, 60_000, 1],
])('A token with %i ms remaining of %i ms is handed out for %i s', (remainingMs, grantedMs, expected) => {
  expect(expiresInS({ remainingMs, grantedMs })).toBe(expected);
});

it.each([
  [7_200_000, HOURS_2, true],
  [120_001, HOURS_2, true],
  [120_000, HOURS_2, false],
  [-1, HOURS_2, false],
  [3_001, 60_000, true],
  [3_000, 60_000, false],
  [0, 0, false],
])(
  'Whether a token with %i ms remaining of %i ms is handed out while its renewal is late: %s',
  (remainingMs, grantedMs, expected) => {
    expect(mayBeHandedOut({ remainingMs, grantedMs })).toBe(expected);
  },
);
