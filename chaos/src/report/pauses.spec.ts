import { expect, it } from '@jest/globals';
import { longestPause } from './pauses.js';

const killed = { name: 'broker killed', target: 'one', from: 10_000, to: 20_000 };

it('longestPause counts pauses while a broker is down and shortly afterwards only', () => {
  expect(longestPause([0, 9000, 10_500, 14_000, 20_500, 20_600, 60_000, 99_000], [killed])).toBe(39_400);
  expect(longestPause([0, 9000, 10_500, 14_000, 20_500, 31_000, 99_000], [killed])).toBe(10_500);
});

it('longestPause is 0 if no broker was killed', () => {
  expect(longestPause([0, 99_000], [{ ...killed, name: 'worker killed' }])).toBe(0);
});

it('longestPause leaves out the time that a stopped worker or server explains, and that of the consumer group after it', () => {
  const frozen = { name: 'worker frozen', target: 'one', from: 12_000, to: 13_000 };
  const terminated = { name: 'worker terminated', target: 'one', from: 30_000, to: 31_000 };
  expect(longestPause([0, 9000, 59_000, 99_000], [terminated, killed, frozen])).toBe(3000 + 8000);
  expect(longestPause([0, 9000, 99_000], [killed, { ...frozen, name: 'gateway frozen' }])).toBe(90_000);
});
