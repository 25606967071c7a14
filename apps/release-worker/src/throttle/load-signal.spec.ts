import { expect, it } from '@jest/globals';
import { LoadSignal } from './load-signal.js';

it('Rate-limited responses to two mini-programs in one window signal a platform-wide limit.', () => {
  const signal = new LoadSignal();
  expect(signal.note('a', 'rate-limited', 0)).toBe(false);
  expect(signal.note('a', 'rate-limited', 100)).toBe(false);
  expect(signal.note('b', 'rate-limited', 200)).toBe(true);
});

it('Responses older than the window or before a rate reduction do not count.', () => {
  const signal = new LoadSignal();
  signal.note('a', 'rate-limited', 0);
  expect(signal.note('b', 'rate-limited', 6_000)).toBe(false);
  signal.forget();
  expect(signal.note('c', 'rate-limited', 6_100)).toBe(false);
});

it('Busy responses signal load from 10 calls on of which at least half are busy.', () => {
  const burst = new LoadSignal();
  const busy = Array.from({ length: 10 }, () => burst.note('a', 'busy', 0));
  expect(busy).toEqual([...Array(9).fill(false), true]);
  const share = new LoadSignal();
  for (let i = 0; i < 30; i++) share.note('a', 'ok', 0);
  expect(Array.from({ length: 20 }, () => share.note('a', 'busy', 0))).toEqual(Array(20).fill(false));
});

it('perSecond returns the successful calls per second.', () => {
  const signal = new LoadSignal();
  for (let i = 0; i < 40; i++) signal.note('a', 'ok', i * 50);
  expect(signal.perSecond()).toBe(20);
});
