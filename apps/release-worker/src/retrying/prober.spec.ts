import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Prober } from './prober.js';
import { BREAKER } from './retry-policy.js';

const SECONDS = 60;

/** Postgres as probers see it: one lease, one channel. */
class Board {
  readonly listeners = new Set<() => void>();
  #until = 0;
  #holder = '';

  readonly holdLease = async (_: string, holder: string, ms: number): Promise<boolean> => {
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

let board: Board;
let asked: { at: number; under: number }[];
let isBack: boolean;
let answerAfterMs: number;

/** A worker whose breaker has just opened. */
function worker(): { breaker: { isOpen: boolean; close(): void } } {
  const breaker = {
    isOpen: true,
    close() {
      this.isOpen = false;
    },
  };
  let under = 0;
  const ask = async () => {
    under += 1;
    asked.push({ at: Date.now(), under });
    await new Promise((resolve) => setTimeout(resolve, answerAfterMs));
    under -= 1;
    return isBack;
  };
  new Prober({ store: board, breaker, ask, onProbed: () => undefined }).start();
  return { breaker };
}

beforeEach(() => {
  jest.useFakeTimers();
  board = new Board();
  asked = [];
  isBack = false;
  answerAfterMs = 1;
});
afterEach(() => void jest.useRealTimers());

describe('Prober', () => {
  it.each([1, 4])('of %i workers: one probe at a time, one a second over all', async (workers) => {
    Array.from({ length: workers }, worker);
    await jest.advanceTimersByTimeAsync(SECONDS * 1000);
    const gaps = asked.slice(1).map(({ at }, i) => at - (asked[i]?.at ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(BREAKER.probeAfterMs);
    expect(asked.length).toBeGreaterThan(SECONDS * 0.7);
    expect(Math.max(...asked.map(({ under }) => under))).toBe(1);
  });

  it('waits for a probe that hangs', async () => {
    answerAfterMs = 5_000;
    for (let i = 0; i < 2; i++) worker();
    await jest.advanceTimersByTimeAsync(SECONDS * 1000);
    expect(asked.length).toBeLessThanOrEqual(SECONDS / 6);
    expect(asked.length).toBeGreaterThan(SECONDS / 6 - 2);
  });

  it('closes the breakers of all workers within a second and a half of the return', async () => {
    const workers = Array.from({ length: 4 }, worker);
    await jest.advanceTimersByTimeAsync(10_000);
    isBack = true;
    await jest.advanceTimersByTimeAsync(1_500);
    expect(workers.map(({ breaker }) => breaker.isOpen)).toEqual([false, false, false, false]);
    const probes = asked.length;
    await jest.advanceTimersByTimeAsync(10_000);
    expect([asked.length, board.listeners.size]).toEqual([probes, 0]);
  });
});
