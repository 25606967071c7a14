import { expect, it } from '@jest/globals';
import { inAudit, pointsOf } from './points.js';

const point = (time: string, submitted: number, decided: number, succeeded: number) => ({
  ...{ time, submitted, decided, succeeded, failed: 0 },
});

it('Audits stay open until they are decided, and each interval has what ended in it', () => {
  const points = [point('1', 5, 0, 0), point('2', 3, 4, 2), point('3', 0, 4, 6)];
  expect(inAudit(points)).toEqual([
    ['1', 5],
    ['2', 4],
    ['3', 0],
  ]);
  expect(pointsOf(points, 'succeeded').map(([, value]) => value)).toEqual([0, 2, 6]);
});

it('An audit that was decided in an earlier interval than it was submitted in is never an open one', () => {
  const points = [point('1', 0, 1, 0), point('2', 3, 0, 0), point('3', 0, 2, 0)];
  expect(inAudit(points).map(([, open]) => open)).toEqual([0, 2, 0]);
});
