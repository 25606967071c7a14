import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { WxaResult } from '@wxa/wxa-client';
import { untilDeadlineMs } from './call-context.js';
import { CircuitBreaker, isAnswer } from './circuit-breaker.js';

const error = { errcode: 0, errmsg: '', rid: '', reason: 'R', hint: '', api: 'wxa/x' };
const wxaError = { ...error, category: 'TRANSPORT', retryable: true } as const;
const ANSWERS: WxaResult<unknown>[] = [
  { kind: 'ok', value: {} },
  { kind: 'error', error: wxaError },
  { kind: 'retryable', cause: 'busy', error: wxaError },
  { kind: 'retryable', cause: 'rate', error: wxaError },
  { kind: 'retryable', cause: 'token', error: wxaError },
  { kind: 'ambiguous', cause: 'intermediary', error: wxaError },
  { kind: 'ambiguous', cause: 'unreadable', error: wxaError },
];
const REFUSED: WxaResult<unknown> = { kind: 'retryable', cause: 'connect', error: wxaError };
const LOST: WxaResult<unknown> = { kind: 'ambiguous', cause: 'timeout', error: wxaError };

let now: number;
let opened: string[];
let breaker: CircuitBreaker;
afterEach(() => void jest.useRealTimers());
beforeEach(() => {
  now = 0;
  opened = [];
  const clock = () => now;
  breaker = new CircuitBreaker(() => opened.push('opened'), clock);
});

function calls(count: number, result: WxaResult<unknown>): void {
  for (let i = 0; i < count; i++) {
    now += 10;
    breaker.record(result);
  }
}

it('Every complete response of WeChat counts as an answer.', () => {
  expect(ANSWERS.map(isAnswer)).toEqual(ANSWERS.map(() => true));
  expect([REFUSED, LOST].map(isAnswer)).toEqual([false, false]);
});

it.each([REFUSED, LOST])('The breaker opens if over half of at least 20 calls are lost.', (lost) => {
  calls(19, lost);
  expect(breaker.isOpen).toBe(false);
  calls(1, lost);
  expect([breaker.isOpen, opened]).toEqual([true, ['opened']]);
});

it('The breaker stays closed while half of the calls are answered, and ignores calls older than 10 s.', () => {
  calls(20, ANSWERS[2] as WxaResult<unknown>);
  calls(20, LOST);
  expect(breaker.isOpen).toBe(false);
  now += 10_000;
  calls(19, LOST);
  expect(breaker.isOpen).toBe(false);
});

it('The breaker is closed by the prober, not by a late answer, and then all waiters continue.', async () => {
  expect(await breaker.untilClosed('wx0')).toBe(true);
  calls(20, LOST);
  expect(breaker.candidate).toBe('wx0');
  const lanes = Promise.all(['wx1', 'wx2'].map((appid) => breaker.untilClosed(appid)));
  expect([breaker.waiting, breaker.candidate]).toEqual([2, 'wx1']);
  calls(1, ANSWERS[0] as WxaResult<unknown>);
  expect(breaker.isOpen).toBe(true);
  breaker.close();
  expect(await lanes).toEqual([true, true]);
  expect([breaker.isOpen, breaker.waiting, await breaker.untilClosed('wx3')]).toEqual([false, 0, true]);
});

it('The breaker releases its waiters on a rebalance, and later ones once it is stopped.', async () => {
  calls(20, LOST);
  const lane = breaker.untilClosed('wx1');
  breaker.releaseWaiters();
  expect(await lane).toBe(false);
  breaker.stop();
  expect(await breaker.untilClosed('wx1')).toBe(false);
});

it('The time for which the breaker was open does not count against a deadline.', () => {
  calls(20, LOST);
  now += 60_000;
  expect(breaker.openWithinMs(600_000)).toBe(60_000);
  expect(breaker.openWithinMs(5_000)).toBe(5_000);
  breaker.close();
  now += 10_000;
  expect(breaker.openWithinMs(600_000)).toBe(60_000);
  expect(breaker.openWithinMs(30_000)).toBe(20_000);
  jest.useFakeTimers();
  const since = new Date(Date.now() - 70_000);
  expect(untilDeadlineMs({ deadlineMs: 20_000, breaker }, since, 0)).toBe(10_000);
});
