import { expect, it } from '@jest/globals';
import { passRate } from './pass-rate.js';

it('The pass rate is that of decided audits, and 100 % only if none was rejected', () => {
  const rates = [
    [3, 1],
    [999, 1],
    [7, 0],
    [0, 0],
  ].map(([approved, rejected]) => passRate({ approved: `${approved}`, rejected: `${rejected}` }));
  expect(rates).toEqual([75, 99, 100, undefined]);
});
