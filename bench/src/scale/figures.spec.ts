import { describe, expect, it } from '@jest/globals';
import { shortestMs } from './figures.js';
import type { Scenario } from './parameters.js';

const wechat = { latencyMs: 200, slowShare: 0.05, slowMs: 1_000, busyShare: 0.01, auditMs: 60_000 };
const scenario = (changes: Partial<Scenario>) =>
  ({ miniPrograms: 100_000, perApi: 100, workers: 1, concurrency: 100, wechat, ...changes }) as Scenario;

describe('the shortest possible time', () => {
  it("is that of WeChat's rate and an audit, where the rate binds", () => {
    expect(shortestMs(scenario({ workers: 8 }))).toBe(1_000_000 + 60_000);
  });

  it('is that of all five calls of each mini-program, where the slots bind', () => {
    expect(shortestMs(scenario({ perApi: 10_000 }))).toBe((100_000 * 5 * 250) / 100);
  });

  it('is that of one mini-program, where nothing binds', () => {
    expect(shortestMs(scenario({ miniPrograms: 1, perApi: 0 }))).toBe(3 * 250 + 60_000);
  });
});
