import { afterEach, expect, it, jest } from '@jest/globals';
import { DatabaseClock, LATE_MS, ReservationQueue } from './reservation-queue.js';

afterEach(() => void jest.useRealTimers());

/** A queue whose reservations are 10 ms apart, on fake timers that start at 0. */
function queueOver() {
  jest.useFakeTimers({ now: 0 });
  let nextAt = 0;
  const take = async (count: number) => {
    const startsAt = Math.max(nextAt, performance.now());
    nextAt = startsAt + 10 * count;
    return { startsAt, now: performance.now(), spacingMs: 10, count };
  };
  return new ReservationQueue(take, { read: () => undefined, local: (at) => at });
}

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

it('A ready call gets its reservation before a retry, and a retry before a first call.', async () => {
  const queue = queueOver();
  await queue.next();
  const waits = [queue.next(), queue.next('retry'), queue.use(100), queue.next('retry')];
  for (let i = 0; i < 5; i++) await pass(100);
  const [first = 0, retry = 0, ready = 0, again = 0] = await Promise.all(waits);
  expect([first, retry, ready, again].toSorted((a, b) => a - b)).toEqual([ready, retry, again, first]);
});

it('One request takes reservations for all waiters, assigned in the order of their requests.', async () => {
  const requested: number[] = [];
  const clock = new DatabaseClock();
  clock.read(1_000_000, 0);
  const queue = new ReservationQueue(async (count) => {
    requested.push(count);
    const now = 1_000_000 + performance.now();
    return { startsAt: now, now, spacingMs: 10, count };
  }, clock);
  const [first, second, third] = await Promise.all([queue.next(), queue.next(), queue.next()]);
  expect(requested).toEqual([1, 2]);
  expect(first).toBeLessThanOrEqual(performance.now());
  expect((third ?? 0) - (second ?? 0)).toBeCloseTo(10);
});

it('All waiters are due at once if the API has no limit.', async () => {
  const queue = new ReservationQueue(async () => undefined, new DatabaseClock());
  const reserved = await Promise.all([queue.next(), queue.next()]);
  for (const reservedAt of reserved) expect(reservedAt).toBeLessThanOrEqual(performance.now());
});

it('releaseWaiters resolves all waiters with undefined, even while Postgres is unavailable.', async () => {
  jest.useFakeTimers();
  const queue = new ReservationQueue(() => Promise.reject(new Error('failed')), new DatabaseClock());
  const waiting = queue.next();
  queue.releaseWaiters();
  expect(await waiting).toBeUndefined();
  expect(queue.length).toBe(0);
});

it('A waiter leaves its place in the queue when its reservation would come too late for it.', async () => {
  const queue = queueOver();
  await queue.next();
  const waiting = [queue.next('retry', 5), queue.next('retry', 1_000)];
  await pass(5);
  expect([await waiting[0], queue.length]).toEqual([undefined, 1]);
  await pass(100);
  expect(await waiting[1]).toBe(50);
});

it('The first ready call uses the earliest reservation, whichever waiter it was assigned to.', async () => {
  const queue = queueOver();
  const assigned = [queue.next(), queue.next(), queue.next()];
  await pass(50);
  expect(await Promise.all(assigned)).toEqual([0, 50, 60]);
  expect(await Promise.all([queue.use(50), queue.use(50)])).toEqual([50, 60]);
});

it('A reservation is not used if it was missed or is more than 30 ms before `from`.', async () => {
  const queue = queueOver();
  for (let i = 0; i < 4; i++) void queue.next();
  await pass(50);
  expect(await queue.use(60 + LATE_MS)).toBe(60);
  await pass(LATE_MS + 5);
  expect(await queue.use(0)).toBe(70);
});

it('A ready call without a reservation gets the next one, before all waiters.', async () => {
  const queue = queueOver();
  void queue.next();
  await pass(0);
  await pass(LATE_MS + 1);
  const waiting = queue.next();
  const ready = queue.use(0);
  await pass(50);
  expect(await ready).toBe(50);
  expect(await waiting).toBe(60);
  expect(await queue.use(60)).toBe(60);
});
