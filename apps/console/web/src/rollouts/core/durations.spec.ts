import { expect, it } from '@jest/globals';
import { durationOf, unitsOf } from './durations.js';

it('Durations are shown in hours or days, and none is none', () => {
  expect([unitsOf('5400s', 3600), unitsOf('0s', 3600), unitsOf(undefined, 3600)]).toEqual([
    1.5,
    undefined,
    undefined,
  ]);
  expect([durationOf(1.5, 3600), durationOf(null, 3600), durationOf(2, 86_400)]).toEqual([
    '5400s',
    undefined,
    '172800s',
  ]);
});
