import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { DatabaseClock } from './database-clock.js';
import { LATE_MS, ReservationQueue } from './reservation-queue.js';

afterEach(() => {
  jest.useRealTimers();
});

/** A queue with places 10 ms apart, from the first question on, which is at 0 of a clock that the test advances. */
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

const database = (now: number, count: number) => ({ startsAt: now, now, spacingMs: 10, count });

describe('ReservationQueue', () => {
  it('gives a place to a retry before first calls, and to one that is ready before a retry', async () => {
    const queue = queueOver();
    await queue.next();
    const waits = {
      first: queue.next(),
      retry: queue.next('retry'),
      ready: queue.use(100),
      again: queue.next('retry'),
    };
    for (let i = 0; i < 5; i++) await pass(100);
    const places = await Promise.all(
      Object.entries(waits).map(async ([name, place]) => ({ name, place: (await place) ?? 0 })),
    );
    const order = places.sort((a, b) => a.place - b.place).map(({ name }) => name);
    expect(order).toEqual(['ready', 'retry', 'again', 'first']);
  });

  it('gives out a block in the order of asking, with one question for all who wait', async () => {
    const asked: number[] = [];
    const clock = new DatabaseClock();
    clock.read(1_000_000, 0);
    const queue = new ReservationQueue(async (wanted) => {
      asked.push(wanted);
      return database(1_000_000 + performance.now(), wanted);
    }, clock);
    const [first, second, third] = await Promise.all([queue.next(), queue.next(), queue.next()]);
    expect(asked).toEqual([1, 2]);
    expect(first).toBeLessThanOrEqual(performance.now());
    expect((third ?? 0) - (second ?? 0)).toBeCloseTo(10);
  });

  it('lets all go where the API has no limit now', async () => {
    const queue = new ReservationQueue(async () => undefined, new DatabaseClock());
    const places = await Promise.all([queue.next(), queue.next()]);
    for (const place of places) expect(place).toBeLessThanOrEqual(performance.now());
  });

  it('sends away who waits, as while Postgres is away', async () => {
    const queue = new ReservationQueue(() => Promise.reject(new Error('away')), new DatabaseClock());
    const place = queue.next();
    queue.releaseWaiters();
    expect(await place).toBeUndefined();
    expect(queue.length).toBe(0);
  });

  it('has whoever is ready first use the first place, whomever that was told', async () => {
    const queue = queueOver();
    const told = [queue.next(), queue.next(), queue.next()];
    await pass(50);
    expect(await Promise.all(told)).toEqual([0, 50, 60]);
    expect(await Promise.all([queue.use(50), queue.use(50)])).toEqual([50, 60]);
  });

  it('has nobody use a place that was missed, or that lies too long before the turn of who is ready', async () => {
    const queue = queueOver();
    for (let i = 0; i < 4; i++) void queue.next();
    await pass(50);
    expect(await queue.use(60 + LATE_MS)).toBe(60);
    await pass(LATE_MS + 5);
    expect(await queue.use(0)).toBe(70);
  });

  it('gives one that is ready while no place is there the next that comes, before all who wait', async () => {
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
});
