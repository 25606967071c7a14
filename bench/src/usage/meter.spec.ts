import { describe, expect, it } from '@jest/globals';
import { type Reading, used } from './meter.js';

const before: Reading = {
  at: 1_000,
  operations: 0,
  cpuSeconds: { PostgreSQL: 10, caller: 2.5 },
  busySeconds: 70,
  transactions: 500,
  walBytes: 1_000_000,
  kafkaBytes: 300,
};

describe('what was used between two readings', () => {
  it('is what each grew by', () => {
    const after: Reading = {
      at: 3_500,
      operations: 4_000,
      cpuSeconds: { PostgreSQL: 11.254, worker: 0.5, caller: 3 },
      busySeconds: 75,
      transactions: 900,
      walBytes: 3_000_000,
      kafkaBytes: 5_300,
    };
    expect(used(before, after)).toEqual({
      seconds: 2.5,
      operations: 4_000,
      cpuSeconds: { PostgreSQL: 1.25, worker: 0.5, caller: 0.5 },
      elsewhereCpuSeconds: 2.75,
      postgres: { transactions: 400, walBytes: 2_000_000 },
      kafkaBytes: 5_000,
    });
  });
});
