import { expect, it } from '@jest/globals';
import { decideQuotaLook, type QuotaState, quotaReadAt } from './quota-decision.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const NOW = new Date('2026-11-27T10:00:00Z');
const ago = (ms: number): Date => new Date(NOW.getTime() - ms);

const IDLE: QuotaState = {
  ...{ now: NOW, observedAt: null, rest: null, limit: null, asked: null, answer: null, stop: null },
  ...{ isWaitedFor: false, submitted: null },
};
const NOTHING = { observes: false, liftsStop: false, asks: false };
const look = (given: Partial<QuotaState>) =>
  decideQuotaLook({ ...IDLE, ...(given.observedAt && { rest: 9, limit: 20 }), ...given });
const submitted = (ms: number) => ({ submitted: { appid: 'wx', at: ago(ms) } });
const observed = (ms: number) => ({ observedAt: ago(ms) });
const asked = (ms: number, isOpen: boolean) => ({ ...waited, asked: { at: ago(ms), isOpen } });
const waited = { isWaitedFor: true };

it.each<[string, boolean, Partial<QuotaState>]>([
  ['without submissions', false, {}],
  ['an hour after the last submission', false, { ...observed(99 * HOUR_MS), ...submitted(HOUR_MS + 1) }],
  ['while submissions wait', true, waited],
  ['while they wait and the snapshot is recent', false, { ...waited, ...observed(10 * MINUTE_MS - 1) }],
  ['while they wait and it is 10 minutes old', true, { ...waited, ...observed(10 * MINUTE_MS) }],
  ['while they wait and it has no rest', true, { ...waited, ...observed(1_000), rest: null }],
  ['less than a minute after a submission', false, submitted(MINUTE_MS - 1)],
  ['a minute after a submission', true, submitted(MINUTE_MS)],
  [
    'in the hour after one, with a recent snapshot',
    false,
    { ...submitted(HOUR_MS), ...observed(HOUR_MS - 1) },
  ],
  ['in the hour after one, with one of an hour', true, { ...submitted(HOUR_MS), ...observed(HOUR_MS) }],
  ['9.999 s after a query that failed', false, asked(9_999, false)],
  ['10 s after a query that failed', true, asked(10_000, false)],
  ['2 minutes after one, less 1 ms, without an answer', false, asked(2 * MINUTE_MS - 1, true)],
  ['2 minutes after a query without an answer', true, asked(2 * MINUTE_MS, true)],
])('The quota %s is read: %s', (_, asks, state) => {
  expect(look(state)).toEqual({ ...NOTHING, asks });
});

it('The last answer to anyone becomes the snapshot once', () => {
  const answer = { result: { rest: 3, limit: 20 }, at: ago(1_000) };
  expect(look({ answer }).observes).toBe(true);
  expect(look({ answer, observedAt: answer.at }).observes).toBe(false);
  expect(look({ answer, isWaitedFor: true })).toEqual({ ...NOTHING, observes: true });
});

const stop = { since: ago(2 * HOUR_MS), isOfOperator: false };
const stopped = { isWaitedFor: true, stop };

it.each([
  [HOUR_MS, 3 * HOUR_MS, true],
  [HOUR_MS - 1, 3 * HOUR_MS, false],
  [9 * HOUR_MS, HOUR_MS, true],
  [9 * HOUR_MS, HOUR_MS - 1, false],
])(
  'The quota %i ms after the refusal and %i ms after its last read is read: %s',
  (stoppedMs, readMs, asks) => {
    const since = ago(stoppedMs);
    const state = { ...stopped, ...observed(readMs), stop: { ...stop, since }, rest: 0, limit: 20 };
    expect(look(state).asks).toBe(asks);
  },
);

it('The quota is next read an hour after its last read', () => {
  expect(quotaReadAt(ago(MINUTE_MS), stop, NOW)).toEqual(new Date(NOW.getTime() + HOUR_MS - MINUTE_MS));
});

const left = { rest: 3, limit: 20 };
const tooRecent = { since: ago(HOUR_MS + MINUTE_MS - 1), isOfOperator: false };

it.each<[string, boolean, Record<string, number>, number, Partial<QuotaState>]>([
  ['lifted if audits are left', true, left, 1_000, {}],
  ['lifted if the quota is unknown', true, {}, 1_000, {}],
  ['kept if none is left', false, { limit: 20 }, 1_000, {}],
  ['kept if the answer is not an hour after the refusal', false, left, MINUTE_MS, { stop: tooRecent }],
  ['kept if an operator stopped the API too', false, left, 1_000, { stop: { ...stop, isOfOperator: true } }],
  ['kept if no rollout waits', false, left, 1_000, { isWaitedFor: false }],
])('The stop is %s', (_, liftsStop, result, answeredMs, given) => {
  const state = { ...stopped, answer: { result, at: ago(answeredMs) }, ...given };
  expect(look(state)).toEqual({ observes: true, liftsStop, asks: false });
});
