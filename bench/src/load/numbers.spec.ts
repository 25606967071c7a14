import { expect, it } from '@jest/globals';
import { spread } from './numbers.js';

it('spread returns the median, the minimum and the maximum of its values.', () => {
  expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
  expect(spread([4, 1])).toEqual({ median: 2.5, min: 1, max: 4 });
});
