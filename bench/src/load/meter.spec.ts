import { describe, expect, it } from '@jest/globals';
import { timesIn, treeSeconds, usageBetween } from './meter.js';

it('usageBetween returns the growth of each figure between two readings.', () => {
  const before = {
    seconds: 1,
    operations: 0,
    cpuSeconds: { PostgreSQL: 10, caller: 2.5 },
    postgres: { transactions: 500, walBytes: 1_000_000 },
  };
  const after = {
    seconds: 3.5,
    operations: 4_000,
    cpuSeconds: { PostgreSQL: 11.254, worker: 0.5, caller: 3 },
    postgres: { transactions: 900, walBytes: 3_000_000 },
  };
  expect(usageBetween(before, after)).toEqual({
    seconds: 2.5,
    operations: 4_000,
    cpuSeconds: { PostgreSQL: 1.25, worker: 0.5, caller: 0.5 },
    postgres: { transactions: 400, walBytes: 2_000_000 },
  });
});

describe('timesIn', () => {
  it('timesIn reads the CPU times after a program name with spaces and parentheses.', () => {
    const stat = '7 (a (b) c) S 1 7 7 0 -1 4194304 106 0 0 0 150 25 300 75 20 0 1 0 2271866';
    expect(timesIn(stat)).toEqual({ own: 1.75, ended: 3.75 });
  });

  it('timesIn returns 0 for a process that has ended.', () => {
    expect(timesIn('')).toEqual({ own: 0, ended: 0 });
  });
});

it('treeSeconds counts a child that ends while it reads.', async () => {
  const stat = (own: number, ended: number) => `7 (postgres) S 1 7 7 0 -1 0 0 0 0 0 ${own} 0 ${ended} 0 20`;
  let hasEnded = false;
  const read = async (path: string) => {
    if (path === '/proc/7/stat') return stat(100, hasEnded ? 500 : 0);
    hasEnded = true;
    return '';
  };
  expect(await treeSeconds(7, read)).toBe(6);
});
