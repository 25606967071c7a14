import { afterEach, expect, it, jest } from '@jest/globals';
import { formatTime } from './format-time.js';

afterEach(() => void jest.restoreAllMocks());

const AT = new Date('2026-01-31T01:30:05Z');

it('An instant is shown in the time zone', () => {
  expect(formatTime(AT, 'Asia/Shanghai')).toBe('2026-01-31 09:30:05');
  expect(formatTime(AT, 'America/New_York')).toBe('2026-01-30 20:30:05');
});

it('An unknown time zone is refused', () => {
  expect(() => formatTime(AT, 'Asia/Nowhere')).toThrow(RangeError);
});

it('A formatter is made once, and again only after more time zones than exist', () => {
  const made = jest.spyOn(Intl, 'DateTimeFormat');
  const zone = 'Europe/Vienna';
  for (let n = 0; n < 100; n++) formatTime(AT, zone);
  expect(made).toHaveBeenCalledTimes(1);
  const written = (n: number) =>
    [...zone.toLowerCase()].map((c, i) => ((n >> i) & 1 ? c.toUpperCase() : c)).join('');
  const names = new Set(Array.from({ length: 4_096 }, (_, n) => written(n)));
  for (const name of names) formatTime(AT, name);
  expect(names.size).toBeGreaterThan(1_000);
  made.mockClear();
  formatTime(AT, zone);
  expect(made).toHaveBeenCalledTimes(1);
});
