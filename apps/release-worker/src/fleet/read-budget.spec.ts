import { expect, it } from '@jest/globals';
import { ReadBudget } from './read-budget.js';

it.each([0.5, 2, 7.5])(
  'A budget of %d reads a second grants no more over any minute, also after a pause',
  (rate) => {
    const startedAt = performance.now();
    const budget = new ReadBudget(10);
    const times: number[] = [];
    // Turns at irregular times, with pauses in which reads are saved up.
    for (
      let ms = 0, turn = 0;
      ms < 300_000;
      ms += turn % 500 === 0 ? 30_000 : 100 + (turn % 7) * 20, turn += 1
    ) {
      const reads = Math.max(0, budget.available(rate, startedAt + ms));
      budget.take(reads);
      for (let read = 0; read < reads; read += 1) times.push(ms);
    }
    const most = Math.max(
      ...times.map((from) => times.filter((at) => at >= from && at < from + 60_000).length),
    );
    expect(most).toBeLessThanOrEqual(rate * 60);
    expect(most).toBeGreaterThan(rate * 60 * 0.9);
  },
);

it.each([1 / 30, 0.01, 0.002])(
  'A budget of %d reads a second grants reads, and no more over an hour',
  (rate) => {
    const startedAt = performance.now();
    const budget = new ReadBudget(10);
    let granted = 0;
    for (let second = 0; second < 3_600; second += 1) {
      const reads = budget.available(rate, startedAt + second * 1_000);
      budget.take(reads);
      granted += reads;
    }
    expect(granted).toBeLessThanOrEqual(rate * 3_600);
    expect(granted).toBeGreaterThan(rate * 3_600 * 0.45);
  },
);
