import { expect, it } from '@jest/globals';
import { pastTimeOf } from './time-argument.js';

const NOW = Date.parse('2026-03-01T12:00:00Z');

it.each(['2026-03-01T11:00:00Z', '2026-03-01T19:00:00.000+08:00', '2026-03-01 11:00Z'])(
  'timeOf reads %s as an instant.',
  (text) => {
    expect(pastTimeOf('--since', text, NOW).toISOString()).toBe('2026-03-01T11:00:00.000Z');
  },
);

it.each(['', 'yesterday', '2026-03-01', '2026-03-01T11:00:00', '2026-13-01T11:00:00Z', '1772362800'])(
  'timeOf rejects %p, which is not an instant, and names the option.',
  (text) => {
    expect(() => pastTimeOf('--since', text, NOW)).toThrow('--since must be a time with a zone');
  },
);

it('timeOf rejects a time in the future.', () => {
  expect(() => pastTimeOf('--until', '2026-03-01T12:00:01Z', NOW)).toThrow(
    '--until must not be in the future',
  );
});
