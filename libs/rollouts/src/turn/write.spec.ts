import { expect, it } from '@jest/globals';
import { latestOf } from './write.js';

it('The positions of the targets that moved last are stored newest first, each once, and 20 of them', () => {
  expect(latestOf([3, 1], [2, 1])).toEqual([3, 1, 2]);
  const before = Array.from({ length: 20 }, (_, i) => i + 1);
  expect(latestOf([30], before)).toEqual([30, ...before.slice(0, 19)]);
});
