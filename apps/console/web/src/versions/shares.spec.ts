import { expect, it } from '@jest/globals';
import { type Counts, colorsOf, sharesOf } from './shares.js';

const summary = (counts: number[], notLive: number) =>
  ({
    total: `${counts.reduce((sum, one) => sum + one, 0) + notLive}`,
    notLive: `${notLive}`,
    versions: counts.map((count, i) => ({ userVersion: `${i}.0`, count: `${count}` })),
  }) as Counts;

it('The six most frequent versions are shown, the others together, so that all shares are the total.', () => {
  const { named, others, notLive } = sharesOf(summary([50, 20, 9, 8, 7, 6, 3, 2], 4));
  expect(named.map(({ count }) => count)).toEqual([50, 20, 9, 8, 7, 6]);
  expect([others, notLive]).toEqual([5, 4]);
});

it('A version has the same colour in every bar.', () => {
  expect([...colorsOf(summary([3, 2, 1], 0), ['red', 'blue'])]).toEqual([
    ['0.0', 'red'],
    ['1.0', 'blue'],
  ]);
});
