import { expect, it } from '@jest/globals';
import { isEndingSoon, mayBeUsed } from './token-life.js';

const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];

it.each([
  [2 * HOUR, 2 * HOUR, 'used'],
  [10 * MINUTE, 2 * HOUR, 'used'],
  [10 * MINUTE - 1, 2 * HOUR, 'used and renewed'],
  [30 * SECOND + 1, 2 * HOUR, 'used and renewed'],
  [30 * SECOND, 2 * HOUR, 'renewed'],
  [-1, 2 * HOUR, 'renewed'],
  // The simulator's may be valid for seconds.
  [5 * SECOND, 5 * SECOND, 'used'],
  [1.25 * SECOND, 5 * SECOND, 'used'],
  [1.24 * SECOND, 5 * SECOND, 'used and renewed'],
  [0.5 * SECOND, 5 * SECOND, 'renewed'],
  // No token was ever granted.
  [0, 0, 'renewed'],
])('A token with %i ms remaining of %i ms is %s.', (remainingMs, grantedMs, expected) => {
  const what = [];
  if (mayBeUsed({ remainingMs, grantedMs })) what.push('used');
  if (isEndingSoon({ remainingMs, grantedMs }) || !mayBeUsed({ remainingMs, grantedMs }))
    what.push('renewed');
  expect(what.join(' and ')).toBe(expected);
});
