import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { BREAKER } from './circuit-breaker.js';
import { Prober } from './prober.js';

const SECONDS = 60;

/** Leases as probers use them: one lease, one channel. */
class FakeLeases {
  readonly listeners = new Set<() => void>();
  #until = 0;
  #holder = '';

  readonly hold = async (_: string, holder: string, ms: number): Promise<boolean> => {
    if (holder !== this.#holder && Date.now() <= this.#until) return false;
    this.#holder = holder;
    this.#until = Date.now() + ms;
    return true;
  };

  readonly listen = (_: string, onNotify: () => void) => {
    this.listeners.add(onNotify);
    return () => void this.listeners.delete(onNotify);
  };

  readonly notify = async () => {
    for (const listener of this.listeners) listener();
  };
}

let leases: FakeLeases;
let probes: { at: number; concurrent: number }[];
let isAnswered: boolean;
let answerAfterMs: number;
let isSendable: boolean;

/** A worker whose breaker has just opened. */
function worker() {
  const breaker = {
    isOpen: true,
    close: () => {
      breaker.isOpen = false;
    },
  };
  let concurrent = 0;
  const probe = async () => {
    concurrent += 1;
    probes.push({ at: Date.now(), concurrent });
    await new Promise((resolve) => setTimeout(resolve, answerAfterMs));
    concurrent -= 1;
    if (!isSendable) throw new Error('Query read timeout');
    return isAnswered;
  };
  new Prober({ store: { leases }, breaker, probe, onProbed: () => undefined }).start();
  return breaker;
}

beforeEach(() => {
  jest.useFakeTimers();
  leases = new FakeLeases();
  probes = [];
  isAnswered = false;
  answerAfterMs = 1;
  isSendable = true;
});
afterEach(() => void jest.useRealTimers());

it.each([1, 4])('%i workers send one probe at a time, one per second.', async (workers) => {
  Array.from({ length: workers }, worker);
  await jest.advanceTimersByTimeAsync(SECONDS * 1000);
  const gaps = probes.slice(1).map(({ at }, i) => at - (probes[i]?.at ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(BREAKER.probeAfterMs);
  expect(probes.length).toBeGreaterThan(SECONDS * 0.7);
  expect(Math.max(...probes.map(({ concurrent }) => concurrent))).toBe(1);
});

it('No other probe is sent while a probe hangs.', async () => {
  answerAfterMs = 5_000;
  for (let i = 0; i < 2; i++) worker();
  await jest.advanceTimersByTimeAsync(SECONDS * 1000);
  expect(probes.length).toBeLessThanOrEqual(SECONDS / 6);
  expect(probes.length).toBeGreaterThan(SECONDS / 6 - 2);
});

it('The breakers of 4 workers close within 1.5 s after WeChat answers again.', async () => {
  const workers = Array.from({ length: 4 }, worker);
  await jest.advanceTimersByTimeAsync(10_000);
  isAnswered = true;
  await jest.advanceTimersByTimeAsync(1_500);
  expect(workers.map(({ isOpen }) => isOpen)).toEqual([false, false, false, false]);
  const { length } = probes;
  await jest.advanceTimersByTimeAsync(10_000);
  expect([probes.length, leases.listeners.size]).toEqual([length, 0]);
});

it('Workers whose probes could not be sent, as without a token, probe on and close once one is answered.', async () => {
  const workers = Array.from({ length: 2 }, worker);
  isSendable = false;
  await jest.advanceTimersByTimeAsync(10_000);
  expect(probes.length).toBeGreaterThan(5);
  [isSendable, isAnswered] = [true, true];
  await jest.advanceTimersByTimeAsync(2_500);
  expect(workers.map(({ isOpen }) => isOpen)).toEqual([false, false]);
});
