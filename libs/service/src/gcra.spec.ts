import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Gcra } from './gcra.js';

it('Calls of a Gcra are at least one interval apart.', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.5, max: 200, noNaN: true }),
      fc.array(fc.nat(50), { minLength: 1, maxLength: 200 }),
      (perSecond, gaps) => {
        const gcra = new Gcra(perSecond);
        let now = 0;
        const calls = gaps.map((gap) => {
          now += gap;
          return now + gcra.reserve(now);
        });
        const gap = 1000 / perSecond;
        calls.forEach((call, i) => {
          if (i > 0) expect(call - (calls[i - 1] ?? 0)).toBeGreaterThanOrEqual(gap - 1e-6);
        });
      },
    ),
  );
});

it('A Gcra of 10 calls per second grants the 101st call after 10 s, and one with a rate of 0 has no limit.', () => {
  const waits = (gcra: Gcra) => Array.from({ length: 101 }, () => gcra.reserve(0));
  expect(waits(new Gcra(10)).at(-1)).toBeCloseTo(10_000);
  expect(waits(new Gcra(0))).toEqual(Array(101).fill(0));
});

it('The next call is due an interval after the previous one was sent, not after it was due.', () => {
  const gcra = new Gcra(10);
  expect(gcra.reserve(0)).toBe(0);
  gcra.sent(30);
  expect(gcra.reserve(30)).toBe(100);
});

it('tryAcquire grants a burst at once, then one call per interval, and returns the wait of a rejected call.', () => {
  const gcra = new Gcra(10, 3);
  expect([0, 0, 0, 0, 40, 100, 100].map((now) => gcra.tryAcquire(now))).toEqual([0, 0, 0, 100, 60, 0, 100]);
  expect([10_000, 10_000, 10_000, 10_000].map((now) => gcra.tryAcquire(now))).toEqual([0, 0, 0, 100]);
});
