import { expect, it } from '@jest/globals';
import { dayOf } from './times.js';

it.each([
  ['2026-11-30T15:59:59.999Z', '2026-11-30', '2026-11-30T16:00:00.000Z'],
  ['2026-11-30T16:00:00.000Z', '2026-12-01', '2026-12-01T16:00:00.000Z'],
  ['2026-12-31T20:00:00.000Z', '2027-01-01', '2027-01-01T16:00:00.000Z'],
])('%s is on the day %s of China, which ends at %s', (time, date, endsAt) => {
  expect(dayOf(new Date(time))).toEqual({ date, endsAt: new Date(endsAt) });
});
