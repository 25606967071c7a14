import { expect, it } from '@jest/globals';
import { liveAfter } from './live.js';

const NOW = '2026-12-01T00:00:00.000Z';
const OWN = { version: '2', at: new Date(NOW), source: 'OWN' } as const;
const observed = (version: string, time?: Date) => ({ version, desc: '', time });
const minutesLater = (minutes: number) => new Date(Date.parse(NOW) + minutes * 60_000);

it('The observed live version wins, except right after an own release, which a read may not show yet.', () => {
  expect(liveAfter(OWN, observed('1'), minutesLater(1))).toBe(OWN);
  expect(liveAfter(OWN, undefined, minutesLater(1))).toBe(OWN);
  expect(liveAfter(OWN, observed('2', minutesLater(0)), minutesLater(60))).toBe(OWN);
  const byHand = { version: '3', at: minutesLater(50), source: 'OBSERVED' };
  expect(liveAfter(OWN, observed('3', minutesLater(50)), minutesLater(60))).toEqual(byHand);
  expect(liveAfter(undefined, observed('3', minutesLater(50)), minutesLater(60))).toEqual(byHand);
  expect(liveAfter(OWN, undefined, minutesLater(60))).toBeUndefined();
});
