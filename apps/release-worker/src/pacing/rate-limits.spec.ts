import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Gcra } from './gcra.js';
import { RateLimits } from './rate-limits.js';

describe('Gcra', () => {
  it('never lets more through in any second than its rate', () => {
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

  it('uses its whole rate while there is work', () => {
    const gcra = new Gcra(10);
    const waits = Array.from({ length: 101 }, () => gcra.reserve(0));
    expect(waits.at(-1)).toBeCloseTo(10_000);
  });

  it('lets everything through at 0', () => {
    const gcra = new Gcra(0);
    expect([gcra.reserve(0), gcra.reserve(0)]).toEqual([0, 0]);
  });
});

describe('RateLimits', () => {
  it('limits one API of one mini-program', () => {
    const limits = new RateLimits({ perAppid: 1 });
    expect(limits.reserveForAppid('a', 'x', 0)).toBe(0);
    expect(limits.reserveForAppid('a', 'x', 0)).toBe(1000);
    expect(limits.reserveForAppid('a', 'y', 0)).toBe(0);
    expect(limits.reserveForAppid('b', 'x', 0)).toBe(0);
  });

  it('rests one API of one mini-program after WeChat said "too often"', () => {
    const limits = new RateLimits({ perAppid: 0 });
    limits.block('a', 'x', 5000, 0);
    expect(limits.reserveForAppid('a', 'x', 1000)).toBe(5000);
    expect(limits.reserveForAppid('b', 'x', 1000)).toBe(1000);
  });

  it('spaces calls from when they went, not from when they were due', () => {
    const gcra = new Gcra(10);
    expect(gcra.reserve(0)).toBe(0);
    gcra.went(30);
    expect(gcra.reserve(30)).toBe(100);
  });

  it('lets a call go at once only where it needs not wait for a turn', () => {
    const limits = new RateLimits({ perAppid: 1 });
    expect(limits.tryAcquire('a', 'x', 0)).toBe(true);
    expect(limits.tryAcquire('a', 'x', 999)).toBe(false);
    expect(limits.tryAcquire('a', 'x', 1000)).toBe(true);
    expect(limits.tryAcquire('b', 'x', 1000)).toBe(true);
  });

  it('never lets a call go before its turn', async () => {
    const limits = new RateLimits({ perAppid: 100 });
    let earliest = performance.now();
    for (let i = 0; i < 5; i++) {
      const turn = limits.reserveForAppid('a', 'x');
      expect(turn).toBeGreaterThanOrEqual(earliest);
      await limits.acquireReserved('a', 'x', turn, 0);
      expect(performance.now()).toBeGreaterThanOrEqual(turn);
      earliest = turn + 10;
    }
  });

  it('gives what comes in between and what was held up a place of its own, and counts it', async () => {
    const asked: string[] = [];
    const platform = {
      isLimited: () => true,
      isNear: () => false,
      isStopped: () => false,
      reopen: () => undefined,
      learn: () => undefined,
      perSecond: () => undefined,
      reserve: async () => undefined,
      use: async (api: string) => {
        asked.push(api);
        return performance.now() + 50;
      },
    };
    const limits = new RateLimits({ perAppid: 10 }, platform);
    const begun = performance.now();
    await limits.acquire('a', 'x');
    expect(performance.now() - begun).toBeGreaterThanOrEqual(50);
    expect(limits.reserveForAppid('a', 'x') - begun).toBeGreaterThanOrEqual(150);
    await limits.acquireLate('a', 'y');
    expect(performance.now() - begun).toBeGreaterThanOrEqual(100);
    // Where the process was held up, it takes another place.
    expect(new Set(asked)).toEqual(new Set(['x', 'y']));
  });

  it('remembers nothing of mini-programs without a limit that WeChat did not turn away', () => {
    const limits = new RateLimits({ perAppid: 0 });
    expect([limits.reserveForAppid('a', 'x', 5), limits.reserveForAppid('a', 'x', 5)]).toEqual([5, 5]);
    expect(limits.size).toBe(0);
    limits.block('a', 'x', 1000, 5);
    expect([limits.reserveForAppid('a', 'x', 6), limits.reserveForAppid('b', 'x', 6)]).toEqual([1005, 6]);
  });

  it('forgets what is idle, so that its memory is bounded', () => {
    const limits = new RateLimits({ perAppid: 1 });
    for (let i = 0; i < 50_000; i++) limits.reserveForAppid(`app-${i}`, 'x', i * 1000);
    expect(limits.size).toBeLessThanOrEqual(10_000);
  });
});
