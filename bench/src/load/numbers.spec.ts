import { expect, it } from '@jest/globals';
import { spread } from './numbers.js';

it('spread returns the median, the least and the most of its values.', () => {
  expect(spread([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3 });
  expect(spread([4, 1])).toEqual({ median: 2.5, least: 1, most: 4 });
});
