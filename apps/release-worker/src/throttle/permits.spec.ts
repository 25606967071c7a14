import { afterEach, expect, it, jest } from '@jest/globals';
import { FairQueue, Permits } from './permits.js';

it('Permits serves waiters with `first` before the others, and the others in order.', async () => {
  const permits = new Permits(1);
  await permits.take();
  const order: string[] = [];
  const taken = [
    permits.take().then(() => order.push('one')),
    permits.take().then(() => order.push('two')),
    permits.take(true).then(() => order.push('first')),
  ];
  for (const _ of taken) permits.give();
  await Promise.all(taken);
  expect(order).toEqual(['first', 'one', 'two']);
});

const COUNT = 10;
const CLAIM_MS = 10;
const CALL_MS = 50;

afterEach(() => void jest.useRealTimers());

/** Permits with `wanted` waiters, whose claims and calls run on fake timers. */
function busyPermits(wanted: number) {
  jest.useFakeTimers();
  const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const permits = new Permits(COUNT);
  const seen = { claims: 0, calls: 0, inFlight: 0, max: 0, hangs: false };
  const one = async () => {
    await permits.takeFor('Commit', () => {
      seen.claims += 1;
      return after(CLAIM_MS);
    });
    seen.max = Math.max(seen.max, ++seen.inFlight);
    await after(seen.hangs ? 10_000 : CALL_MS);
    seen.calls += 1;
    seen.inFlight -= 1;
    permits.give();
  };
  for (let i = 0; i < wanted; i++) void one();
  const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
  return { permits, seen, pass };
}

it('Claims made ahead keep 10 permits at least 95 % busy, and never more than 10 calls run.', async () => {
  const { seen, pass } = busyPermits(10_000);
  await pass(2_000);
  const before = seen.calls;
  await pass(1_000);
  expect(seen.calls - before).toBeGreaterThan((0.95 * COUNT * 1_000) / CALL_MS);
  expect(seen.max).toBe(COUNT);
});

it('At most a quarter of the permits have a claim ahead, and no claim starts while calls hang.', async () => {
  const { seen, pass } = busyPermits(10_000);
  await pass(2_000);
  for (let ms = 0; ms < CALL_MS; ms += 1) {
    await pass(1);
    expect(seen.claims - seen.calls - seen.inFlight).toBeLessThanOrEqual(Math.ceil(COUNT / 4));
  }
  seen.hangs = true;
  await pass(100);
  const { claims } = seen;
  await pass(5_000);
  expect(seen.claims).toBe(claims);
});

it('As many claims as permits start before the first call.', async () => {
  const { seen, pass } = busyPermits(100);
  await pass(5);
  expect(seen.claims).toBe(COUNT);
});

it('tryTake takes a permit only if one is free and fewer than 8 others claim.', async () => {
  const few = busyPermits(7);
  await few.pass(1);
  expect([1, 2, 3, 4].map(() => few.permits.tryTake())).toEqual([true, true, true, false]);
  const many = busyPermits(8);
  await many.pass(1);
  expect(many.permits.tryTake()).toBe(false);
  const full = busyPermits(COUNT);
  await full.pass(CLAIM_MS + CALL_MS / 2);
  expect(full.permits.tryTake()).toBe(false);
  await full.pass(CALL_MS);
  expect(full.permits.tryTake()).toBe(true);
});

it('tryTake takes no permit from waiters that claim.', async () => {
  const { permits, pass } = busyPermits(2 * COUNT);
  await pass(CLAIM_MS + CALL_MS);
  expect(permits.tryTake()).toBe(false);
});

it('A claim that fails holds no permit.', async () => {
  const permits = new Permits(1);
  const failed = permits.takeFor('Commit', () => Promise.reject(new Error('failed')));
  await expect(failed).rejects.toThrow('failed');
  expect(await permits.takeFor('Commit', async () => 'claimed')).toBe('claimed');
});

it.each([
  ['in order of arrival while few wait', 6, ['a1', 'a2', 'b1', 'a3', 'c1', 'b2']],
  ['key by key, and those of a key in order, while many wait', 0, ['a1', 'b1', 'c1', 'a2', 'b2', 'a3']],
])('FairQueue serves items %s.', (_, few, expected) => {
  const queue = new FairQueue<string>(few);
  for (const item of ['a1', 'a2', 'b1', 'a3', 'c1', 'b2']) queue.push(item.charAt(0), item);
  expect(Array.from({ length: 7 }, () => queue.shift())).toEqual([...expected, undefined]);
  expect(queue.length).toBe(0);
});

it('FairQueue serves a new key after one item of each waiting key, even behind 20,000 items of one key.', () => {
  const queue = new FairQueue<string>(1_000);
  for (let i = 0; i < 20_000; i++) queue.push('commit', `commit ${i}`);
  queue.shift();
  queue.push('release', 'release');
  expect([queue.shift(), queue.shift()]).toEqual(['commit 1', 'release']);
});
