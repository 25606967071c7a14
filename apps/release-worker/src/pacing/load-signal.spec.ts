import { describe, expect, it } from '@jest/globals';
import { LoadSignal } from './load-signal.js';

describe('WechatMood', () => {
  it('takes "too often" to be about the platform when two mini-programs hear it', () => {
    const mood = new LoadSignal();
    expect(mood.note('a', 'rate-limited', 0)).toBe(false);
    expect(mood.note('a', 'rate-limited', 100)).toBe(false);
    expect(mood.note('b', 'rate-limited', 200)).toBe(true);
  });

  it('forgets what was heard long ago, and what a cut has answered', () => {
    const mood = new LoadSignal();
    mood.note('a', 'rate-limited', 0);
    expect(mood.note('b', 'rate-limited', 6_000)).toBe(false);
    mood.forget();
    expect(mood.note('c', 'rate-limited', 6_100)).toBe(false);
  });

  it('hears a burst in ten calls of which half are busy, not in one or in a share', () => {
    const burst = new LoadSignal();
    const busy = Array.from({ length: 10 }, () => burst.note('a', 'busy', 0));
    expect(busy).toEqual([...Array(9).fill(false), true]);
    const share = new LoadSignal();
    for (let i = 0; i < 30; i++) share.note('a', 'ok', 0);
    expect(Array.from({ length: 20 }, () => share.note('a', 'busy', 0))).toEqual(Array(20).fill(false));
  });

  it('tells how many calls a second WeChat takes', () => {
    const mood = new LoadSignal();
    for (let i = 0; i < 40; i++) mood.note('a', 'ok', i * 50);
    expect(mood.perSecond()).toBe(20);
  });
});
