import { describe, expect, it } from '@jest/globals';
import { waitTimeMs } from './call-signal.js';

const of = (seconds: number, nanos = 0) => ({ seconds: BigInt(seconds), nanos });

describe('waitTimeMs', () => {
  it.each([
    ['for 60 s without timeout and deadline', undefined, Number.POSITIVE_INFINITY, 60_000],
    ['for the requested timeout', of(1, 500_000_000), Number.POSITIVE_INFINITY, 1500],
    ['for 0 ms for a timeout of 0', of(0), 10_000, 0],
    ['until 200 ms before the deadline of the caller', of(30), 5_000, 4_800],
    ['for 0 ms if the deadline of the caller is within 200 ms', undefined, 100, 0],
    ['for at most an hour', of(315_576_000_000), Number.POSITIVE_INFINITY, 3_600_000],
  ])('WaitOperation waits %s', (_name, timeout, left, expected) => {
    expect(waitTimeMs(timeout, left)).toBe(expected);
  });
});
