import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Permits } from './permits.js';

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

afterEach(() => {
  jest.useRealTimers();
});

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

describe('Permits', () => {
  it('Claims made ahead keep 10 permits at least 95 % busy, and never more than 10 calls run.', async () => {
    const { seen, pass } = busyPermits(10_000);
    await pass(2_000);
    const before = seen.calls;
    await pass(1_000);
    expect(seen.calls - before).toBeGreaterThan((0.95 * COUNT * 1_000) / CALL_MS);
    expect(seen.max).toBe(COUNT);
  });

  it('Claims start shortly before permits become available, and none start while calls hang.', async () => {
    const { seen, pass } = busyPermits(10_000);
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

  it('As many claims as permits start before the first call.', async () => {
    const { seen, pass } = busyPermits(100);
    await pass(5);
    expect(seen.claims).toBe(COUNT);
  });

  it('approachAlone allows a claim only while few others claim and a permit is expected.', async () => {
    const { permits, pass } = busyPermits(7);
    await pass(1);
    expect(permits.approachAlone()).toBe(true);
    expect(permits.approachAlone()).toBe(false);
    permits.leave();
    expect(permits.approachAlone()).toBe(true);
    permits.leave();
    await pass(CLAIM_MS);
    const full = busyPermits(COUNT);
    await full.pass(CLAIM_MS + CALL_MS / 2);
    expect(full.permits.approachAlone()).toBe(false);
  });

  it('A claim that fails holds no permit.', async () => {
    const permits = new Permits(1);
    const failed = permits.takeFor('Commit', () => Promise.reject(new Error('failed')));
    await expect(failed).rejects.toThrow('failed');
    expect(await permits.takeFor('Commit', async () => 'claimed')).toBe('claimed');
  });
});
