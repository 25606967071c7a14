import { expect, it } from '@jest/globals';
import { FailureBackoff } from './failure-backoff.js';

function backoff() {
  let now = 0;
  const made = new FailureBackoff(() => now);
  return { made, pass: (ms: number) => (now += ms) };
}

it('The back-off of a key doubles with each failure up to its maximum.', () => {
  const { made, pass } = backoff();
  for (const ms of [1_000, 2_000, 4_000, 5_000, 5_000]) {
    made.failed('a', `after ${ms}`, 5_000);
    pass(ms - 1);
    expect(made.why('a')).toBe(`after ${ms}`);
    pass(1);
    expect(made.why('a')).toBeUndefined();
  }
});

it('A back-off affects only its key and starts again at 1 s after a success.', () => {
  const { made, pass } = backoff();
  for (let i = 0; i < 5; i += 1) made.failed('a', 'no', 60_000);
  expect(made.why('b')).toBeUndefined();
  made.succeeded('a');
  expect(made.why('a')).toBeUndefined();
  made.failed('a', 'no', 60_000);
  pass(1_000);
  expect(made.why('a')).toBeUndefined();
});

it('All back-offs are dropped when a key beyond 10,000 fails.', () => {
  const { made } = backoff();
  for (let i = 0; i < 10_000; i += 1) made.failed(String(i), 'no', 60_000);
  expect(made.why('0')).toBe('no');
  made.failed('one more', 'no', 60_000);
  expect(made.why('0')).toBeUndefined();
  expect(made.why('one more')).toBe('no');
});
