import { expect, it } from '@jest/globals';
import { COUNTS, type Report } from '@wxa/restore';
import { reportText } from './report.js';

it('Text of Kafka messages is printed on one line, without control characters', () => {
  const hostile = 'a\u001b[2J\nb';
  const left = { operationId: hostile, appid: hostile, why: hostile };
  const counts = Object.fromEntries(COUNTS.map((name) => [name, 0])) as Report['counts'];
  const report: Report = {
    counts,
    left: [left, { ...left, message: 'outcomes 0:1' }],
    missing: [hostile],
    rollouts: [],
    strayOperations: [{ operationId: hostile, appid: hostile, method: hostile, rolloutId: hostile }],
  };
  const text = reportText(report);
  expect(text).not.toContain('\u001b');
  expect(text.split('\n').filter((line) => line.startsWith('b'))).toEqual([]);
});
