import { beforeEach, expect, it } from '@jest/globals';
import { RetryBudget } from './wechat-connection.js';

let now: number;
let requests: boolean[];
let budget: RetryBudget;
beforeEach(() => {
  now = 0;
  requests = [];
  budget = new RetryBudget(
    (granted) => requests.push(granted),
    () => now,
    () => 0.5,
  );
});

const granted = (requested: number) =>
  Array.from({ length: requested }, () => budget.take()).filter((ms) => ms === 0).length;

it('RetryBudget grants 10 retries per second on a quiet service.', () => {
  expect(granted(30)).toBe(10);
  expect(budget.take()).toBe(500);
  expect(requests.filter((was) => was)).toHaveLength(10);
  expect(requests.at(-1)).toBe(false);
  now += 1000;
  expect(granted(30)).toBe(10);
});

it('RetryBudget grants retries for 20 % of the calls on a busy service.', () => {
  let retries = 0;
  for (let i = 0; i < 30_000; i++) {
    now += 2;
    budget.called();
    retries += granted(1);
  }
  expect(retries).toBeGreaterThan(5_950);
  expect(retries).toBeLessThan(6_050);
});

it('RetryBudget accumulates at most 100 retries.', () => {
  now += 3_600_000;
  expect(granted(1000)).toBe(100);
});
