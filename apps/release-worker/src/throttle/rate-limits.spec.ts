import { expect, it } from '@jest/globals';
import { UNLIMITED } from './fixtures/unlimited.js';
import { RateLimits } from './rate-limits.js';

it('The mini-program limit applies to each API of each mini-program separately.', () => {
  const limits = new RateLimits({ perAppid: 1 }, UNLIMITED);
  const calls = ['ax', 'ax', 'ay', 'bx'].map(([appid = '', api = '']) =>
    limits.reserveForAppid(appid, api, 0),
  );
  expect(calls).toEqual([0, 1_000, 0, 0]);
});

it('tryAcquire succeeds only for a call that need not wait.', () => {
  const limits = new RateLimits({ perAppid: 1 }, UNLIMITED);
  expect(limits.tryAcquire('a', 'x', 0)).toBe(true);
  expect(limits.tryAcquire('a', 'x', 999)).toBe(false);
  expect(limits.tryAcquire('a', 'x', 1000)).toBe(true);
  expect(limits.tryAcquire('b', 'x', 1000)).toBe(true);
});

it('acquireReserved never resolves before the reservation is due.', async () => {
  const limits = new RateLimits({ perAppid: 100 }, UNLIMITED);
  let earliest = performance.now();
  for (let i = 0; i < 5; i++) {
    const reservation = limits.reserveForAppid('a', 'x');
    expect(reservation).toBeGreaterThanOrEqual(earliest);
    await limits.acquireReserved('a', 'x', reservation, 0);
    expect(performance.now()).toBeGreaterThanOrEqual(reservation);
    earliest = reservation + 10;
  }
});

it('A claim starts earlier before its reservation after claims that ended too late, by at most 250 ms.', async () => {
  const limits = new RateLimits({ perAppid: 1_000 }, UNLIMITED);
  const due = performance.now() + 10_000;
  const before = limits.msUntilClaim(due);
  for (let i = 0; i < 10; i++) await limits.acquireReserved('a', 'x', performance.now() - 100, 0);
  expect(before - limits.msUntilClaim(due)).toBeGreaterThanOrEqual(199);
  expect(limits.msUntilClaim(due)).toBeGreaterThanOrEqual(due - performance.now() - 251);
});

it('acquire takes a reservation of the platform, and one of the mini-program if none is given; both limits count the call.', async () => {
  const apis: string[] = [];
  const use = async (api: string) => apis.push(api) && performance.now() + 50;
  const limits = new RateLimits({ perAppid: 10 }, { ...UNLIMITED, isLimited: () => true, use });
  const startedAt = performance.now();
  await limits.acquire('a', 'x');
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(50);
  expect(limits.reserveForAppid('a', 'x') - startedAt).toBeGreaterThanOrEqual(150);
  await limits.acquire('a', 'y', performance.now());
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(100);
  // If the process stalls, it takes another reservation, so an API may occur twice.
  expect(new Set(apis)).toEqual(new Set(['x', 'y']));
});

it('Without a mini-program limit only the API of a mini-program that WeChat rate-limited is paused and stored.', () => {
  const limits = new RateLimits({ perAppid: 0 }, UNLIMITED);
  expect([limits.reserveForAppid('a', 'x', 5), limits.reserveForAppid('a', 'x', 5)]).toEqual([5, 5]);
  expect(limits.size).toBe(0);
  limits.block('a', 'x', 1000, 5);
  expect(['ax', 'bx', 'ay'].map(([of = '', api = '']) => limits.reserveForAppid(of, api, 6))).toEqual([
    1005, 6, 6,
  ]);
  expect(limits.size).toBe(1);
});

it('RateLimits stores at most 10,000 buckets if older ones are idle.', () => {
  const limits = new RateLimits({ perAppid: 1 }, UNLIMITED);
  for (let i = 0; i < 50_000; i++) limits.reserveForAppid(`app-${i}`, 'x', i * 1000);
  expect(limits.size).toBeLessThanOrEqual(10_000);
});
