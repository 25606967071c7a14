import { describe, expect, it } from '@jest/globals';
import { waitTimeMs } from './wait-time.js';

const of = (seconds: number, nanos = 0) => ({ seconds: BigInt(seconds), nanos });

describe('waitTimeMs', () => {
  it.each([
    ['a minute where nothing is said', undefined, Number.POSITIVE_INFINITY, 60_000],
    ['as asked', of(1, 500_000_000), Number.POSITIVE_INFINITY, 1500],
    ['not at all for 0', of(0), 10_000, 0],
    ['until just before the caller gives up', of(30), 5_000, 4_800],
    ['not at all for a caller about to give up', undefined, 100, 0],
    ['an hour at most', of(315_576_000_000), Number.POSITIVE_INFINITY, 3_600_000],
  ])('waits %s', (_name, timeout, left, expected) => {
    expect(waitTimeMs(timeout, left)).toBe(expected);
  });
});
