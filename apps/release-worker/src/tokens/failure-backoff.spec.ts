import { describe, expect, it } from '@jest/globals';
import { FailureBackoff } from './failure-backoff.js';

function rests() {
  let now = 0;
  const made = new FailureBackoff(() => now);
  return { made, pass: (ms: number) => (now += ms) };
}

describe('what failed', () => {
  it('rests twice as long each time, at most as long as is said', () => {
    const { made, pass } = rests();
    for (const ms of [1_000, 2_000, 4_000, 5_000, 5_000]) {
      made.failed('a', `after ${ms}`, 5_000);
      pass(ms - 1);
      expect(made.why('a')).toBe(`after ${ms}`);
      pass(1);
      expect(made.why('a')).toBeUndefined();
    }
  });

  it('rests alone, and begins anew once it worked', () => {
    const { made, pass } = rests();
    for (let i = 0; i < 5; i += 1) made.failed('a', 'no', 60_000);
    expect(made.why('b')).toBeUndefined();
    made.succeeded('a');
    expect(made.why('a')).toBeUndefined();
    made.failed('a', 'no', 60_000);
    pass(1_000);
    expect(made.why('a')).toBeUndefined();
  });

  it('is forgotten rather than kept without end', () => {
    const { made } = rests();
    for (let i = 0; i < 10_000; i += 1) made.failed(String(i), 'no', 60_000);
    expect(made.why('0')).toBe('no');
    made.failed('one more', 'no', 60_000);
    expect(made.why('0')).toBeUndefined();
    expect(made.why('one more')).toBe('no');
  });
});
