import { describe, expect, it } from '@jest/globals';
import { DatabaseClock } from './database-clock.js';
import { PlaceQueue } from './place-queue.js';

const database = (now: number, count: number) => ({ startsAt: now, now, spacingMs: 10, count });

describe('PlaceQueue', () => {
  it('gives out a block in the order of asking, with one question for all who wait', async () => {
    const asked: number[] = [];
    const clock = new DatabaseClock();
    clock.read(1_000_000, 0);
    const queue = new PlaceQueue(async (wanted) => {
      asked.push(wanted);
      return database(1_000_000 + performance.now(), wanted);
    }, clock);
    const [first, second, third] = await Promise.all([queue.next(), queue.next(), queue.next()]);
    expect(asked).toEqual([1, 2]);
    expect(first).toBeLessThanOrEqual(performance.now());
    expect((third ?? 0) - (second ?? 0)).toBeCloseTo(10);
  });

  it('lets all go where the API has no limit now', async () => {
    const queue = new PlaceQueue(async () => undefined, new DatabaseClock());
    const places = await Promise.all([queue.next(), queue.next()]);
    for (const place of places) expect(place).toBeLessThanOrEqual(performance.now());
  });

  it('sends away who waits, as while Postgres is away', async () => {
    const queue = new PlaceQueue(() => Promise.reject(new Error('away')), new DatabaseClock());
    const place = queue.next();
    queue.sendAway();
    expect(await place).toBeUndefined();
    expect(queue.length).toBe(0);
  });
});
