import { afterEach, expect, it, jest } from '@jest/globals';
import type { Pool } from 'pg';
import { OutboxFloor } from './outbox-floor.js';

afterEach(() => {
  jest.useRealTimers();
});

/** The floor of an empty outbox, and the names of its statements. @param newest returns the last id that was given out. */
function floorOf(newest: () => string) {
  const names: string[] = [];
  const query = async ({ name }: { name: string }) => {
    names.push(name);
    return { rows: name === 'outbox-floor' ? [{ newest: newest(), oldest: null }] : [] };
  };
  return { floor: new OutboxFloor({ query } as unknown as Pool, 'gateway'), names };
}

it.each(['0', '17'])(
  'While nothing is inserted after the id %s, a raise is one statement',
  async (newest) => {
    const { floor, names } = floorOf(() => newest);
    for (let i = 0; i < 3; i += 1) await floor.raise();
    expect(floor.id).toBe(newest);
    names.length = 0;
    await floor.raise();
    await floor.raise();
    expect(names).toEqual(['outbox-floor', 'outbox-floor']);
  },
);

it('The floor is raised every 5 s while nothing is inserted, and every second while events are', async () => {
  jest.useFakeTimers();
  let newest = 17;
  const { floor, names } = floorOf(() => String(newest));
  await floor.start();
  names.length = 0;
  await jest.advanceTimersByTimeAsync(10_000);
  expect(names).toEqual(['outbox-floor', 'outbox-floor']);
  newest = 18;
  await jest.advanceTimersByTimeAsync(6_000);
  expect(floor.id).toBe('18');
  await floor.stop();
  names.length = 0;
  await jest.advanceTimersByTimeAsync(10_000);
  expect(names).toEqual([]);
});
