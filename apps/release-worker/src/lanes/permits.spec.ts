import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Permits } from './permits.js';

it('gives a slot to those who go first, then in the order they came', async () => {
  const slots = new Permits(1);
  await slots.take();
  const order: string[] = [];
  const taken = [
    slots.take().then(() => order.push('one')),
    slots.take().then(() => order.push('two')),
    slots.take(true).then(() => order.push('first')),
  ];
  for (const _ of taken) slots.give();
  await Promise.all(taken);
  expect(order).toEqual(['first', 'one', 'two']);
});

const COUNT = 10;
const CLAIM_MS = 10;
const CALL_MS = 50;

afterEach(() => {
  jest.useRealTimers();
});

/** Permits with many who want one, whose claims and calls take their time by a clock that the test advances. */
function busySlots(wanted: number) {
  jest.useFakeTimers();
  const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const slots = new Permits(COUNT);
  const seen = { claims: 0, calls: 0, inFlight: 0, most: 0, hangs: false };
  const one = async () => {
    await slots.takeFor('Commit', () => {
      seen.claims += 1;
      return after(CLAIM_MS);
    });
    seen.inFlight += 1;
    seen.most = Math.max(seen.most, seen.inFlight);
    await after(seen.hangs ? 10_000 : CALL_MS);
    seen.calls += 1;
    seen.inFlight -= 1;
    slots.give();
  };
  for (let i = 0; i < wanted; i++) void one();
  const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
  return { slots, seen, pass };
}

describe('claims ahead of slots', () => {
  it('keep all slots at their calls, and never more', async () => {
    const { seen, pass } = busySlots(10_000);
    await pass(2_000);
    const before = seen.calls;
    await pass(1_000);
    expect(seen.calls - before).toBeGreaterThan((0.95 * COUNT * 1_000) / CALL_MS);
    expect(seen.most).toBe(COUNT);
  });

  it('are made shortly before slots come free, and none while slots do not', async () => {
    const { seen, pass } = busySlots(10_000);
    await pass(2_000);
    let msAhead = 0;
    for (let ms = 0; ms < CALL_MS; ms += 1) {
      await pass(1);
      const ahead = seen.claims - seen.calls - seen.inFlight;
      expect(ahead).toBeLessThanOrEqual(COUNT);
      if (ahead > 0) msAhead += 1;
    }
    expect(msAhead).toBeLessThan(3 * CLAIM_MS);
    seen.hangs = true;
    await pass(100);
    const { claims } = seen;
    await pass(5_000);
    expect(seen.claims).toBe(claims);
  });

  it('begin as many as there are slots where none came free yet', async () => {
    const { seen, pass } = busySlots(100);
    await pass(5);
    expect(seen.claims).toBe(COUNT);
  });

  it('are made alone only where few others are at theirs', async () => {
    const { slots, pass } = busySlots(7);
    await pass(1);
    expect(slots.approachAlone()).toBe(true);
    expect(slots.approachAlone()).toBe(false);
    slots.leave();
    expect(slots.approachAlone()).toBe(true);
    slots.leave();
    await pass(CLAIM_MS);
    const full = busySlots(COUNT);
    await full.pass(CLAIM_MS + CALL_MS / 2);
    expect(full.slots.approachAlone()).toBe(false);
  });

  it('have no slot where they fail', async () => {
    const slots = new Permits(1);
    await expect(slots.takeFor('Commit', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(await slots.takeFor('Commit', async () => 'claimed')).toBe('claimed');
  });
});
