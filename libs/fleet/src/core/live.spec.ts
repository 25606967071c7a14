import { expect, it } from '@jest/globals';
import { liveAfter, nextLiveRead } from './live.js';

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

it('After an own revert the first other version that a read shows is live, and the reverted one only 5 minutes later.', () => {
  const reverted = { ...OWN, source: 'REVERTED' } as const;
  const older = new Date(0);
  expect(liveAfter(reverted, observed('1', older), minutesLater(0))).toEqual({
    ...{ version: '1', at: older, source: 'OBSERVED' },
  });
  expect(liveAfter(reverted, undefined, minutesLater(1))).toBeUndefined();
  expect(liveAfter(reverted, observed('2'), minutesLater(4))).toBe(reverted);
  const released = { version: '2', at: minutesLater(6), source: 'OBSERVED' };
  expect(liveAfter(reverted, observed('2'), minutesLater(6))).toEqual(released);
});

it('The live version is read daily, after 5 minutes if a read contradicts an own release, and every 15 seconds after an own revert.', () => {
  const inSeconds = (source: 'OWN' | 'REVERTED', version: string) =>
    nextLiveRead({ ...OWN, source }, { version: observed(version) }) / 1_000;
  expect([inSeconds('OWN', '2'), inSeconds('OWN', '1'), inSeconds('REVERTED', '2')]).toEqual([
    ...[86_400, 300, 15],
  ]);
});

it('After a read that failed the live version is read a day later, or 5 minutes later if an own revert has left it unknown.', () => {
  const inSeconds = (source: 'OWN' | 'REVERTED') => nextLiveRead({ ...OWN, source }, undefined) / 1_000;
  expect([inSeconds('OWN'), inSeconds('REVERTED')]).toEqual([86_400, 300]);
});
