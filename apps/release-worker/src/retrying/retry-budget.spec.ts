import { beforeEach, describe, expect, it } from '@jest/globals';
import { RetryBudget } from './retry-budget.js';

let now: number;
let told: boolean[];
let budget: RetryBudget;
beforeEach(() => {
  now = 0;
  told = [];
  budget = new RetryBudget(
    (granted) => told.push(granted),
    () => now,
    () => 0.5,
  );
});

const granted = (asks: number) =>
  Array.from({ length: asks }, () => budget.take()).filter((ms) => ms === 0).length;

describe('RetryBudget', () => {
  it('lets 10 retries a second through on a quiet service', () => {
    expect(granted(30)).toBe(10);
    expect(budget.take()).toBe(500);
    expect(told.filter((was) => was)).toHaveLength(10);
    expect(told.at(-1)).toBe(false);
    now += 1000;
    expect(granted(30)).toBe(10);
  });

  it('lets a fifth of the calls through on a busy one', () => {
    let retries = 0;
    for (let i = 0; i < 30_000; i++) {
      now += 2;
      budget.called();
      retries += granted(1);
    }
    expect(retries).toBeGreaterThan(5_950);
    expect(retries).toBeLessThan(6_050);
  });

  it('saves up no more than 100', () => {
    now += 3_600_000;
    expect(granted(1000)).toBe(100);
  });
});
