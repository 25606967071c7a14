import { describe, expect, it } from '@jest/globals';
import type { QuotaState } from '@wxa/store';
import { decideQuotaLook, quotaReadAt } from './quota-decision.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const NOW = new Date('2026-11-27T10:00:00Z');
const ago = (ms: number): Date => new Date(NOW.getTime() - ms);

const IDLE: QuotaState = {
  now: NOW,
  observedAt: null,
  rest: null,
  limit: null,
  asked: null,
  answer: null,
  stop: null,
  isWaitedFor: false,
  submitted: null,
};
const NOTHING = { observes: false, liftsStop: false, asks: false };
const look = (given: Partial<QuotaState>) =>
  decideQuotaLook({ ...IDLE, ...(given.observedAt && { rest: 9, limit: 20 }), ...given });
const submittedAgo = (ms: number) => ({ submitted: { appid: 'wx', at: ago(ms) } });

describe('reads of the audit quota', () => {
  it('Without submissions nothing is read', () => {
    expect(look({})).toEqual(NOTHING);
    expect(look({ observedAt: ago(99 * HOUR_MS), ...submittedAgo(HOUR_MS + 1) })).toEqual(NOTHING);
  });

  it('While submissions of rollouts wait, the snapshot gets at most 10 minutes old', () => {
    const isWaitedFor = true;
    expect(look({ isWaitedFor }).asks).toBe(true);
    expect(look({ isWaitedFor, observedAt: ago(10 * MINUTE_MS - 1) }).asks).toBe(false);
    expect(look({ isWaitedFor, observedAt: ago(10 * MINUTE_MS) }).asks).toBe(true);
    expect(look({ isWaitedFor, observedAt: ago(1_000), rest: null }).asks).toBe(true);
  });

  it('From a minute to an hour after a submission, the snapshot gets at most an hour old', () => {
    expect(look(submittedAgo(MINUTE_MS - 1)).asks).toBe(false);
    expect(look(submittedAgo(MINUTE_MS)).asks).toBe(true);
    expect(look({ ...submittedAgo(HOUR_MS), observedAt: ago(HOUR_MS - 1) }).asks).toBe(false);
    expect(look({ ...submittedAgo(HOUR_MS), observedAt: ago(HOUR_MS) }).asks).toBe(true);
  });

  it('A failed query is replaced after 10 seconds, and one without an answer after 2 minutes', () => {
    const asks = (isOpen: boolean, ms: number) =>
      look({ isWaitedFor: true, asked: { at: ago(ms), isOpen } }).asks;
    expect([asks(false, 9_999), asks(false, 10_000)]).toEqual([false, true]);
    expect([asks(true, 2 * MINUTE_MS - 1), asks(true, 2 * MINUTE_MS)]).toEqual([false, true]);
  });

  it('The last answer to anyone becomes the snapshot once', () => {
    const answer = { result: { rest: 3, limit: 20 }, at: ago(1_000) };
    expect(look({ answer }).observes).toBe(true);
    expect(look({ answer, observedAt: answer.at }).observes).toBe(false);
    expect(look({ answer, isWaitedFor: true })).toEqual({ ...NOTHING, observes: true });
  });
});

describe('85085', () => {
  const stop = { since: ago(2 * HOUR_MS), isOfOperator: false };
  const stopped = { isWaitedFor: true, stop };

  it('The quota is read an hour after the refusal and then every hour', () => {
    const asks = (observedMs: number, since = ago(HOUR_MS)) =>
      look({ ...stopped, stop: { ...stop, since }, rest: 0, limit: 20, observedAt: ago(observedMs) }).asks;
    expect([asks(3 * HOUR_MS), asks(3 * HOUR_MS, ago(HOUR_MS - 1))]).toEqual([true, false]);
    expect([asks(HOUR_MS, ago(9 * HOUR_MS)), asks(HOUR_MS - 1, ago(9 * HOUR_MS))]).toEqual([true, false]);
    expect(quotaReadAt(ago(MINUTE_MS), stop, NOW)).toEqual(new Date(NOW.getTime() + HOUR_MS - MINUTE_MS));
  });

  it.each([
    ['lifted if audits are left', { rest: 3, limit: 20 }, true],
    ['lifted if the quota is unknown', {}, true],
    ['kept if none is left', { limit: 20 }, false],
  ])('The stop is %s', (_, result, liftsStop) => {
    expect(look({ ...stopped, answer: { result, at: ago(1_000) } }).liftsStop).toBe(liftsStop);
  });

  it('An answer of less than an hour after the refusal does not lift the stop', () => {
    const answer = { result: { rest: 3, limit: 20 }, at: ago(MINUTE_MS) };
    const recent = { ...stop, since: ago(HOUR_MS + MINUTE_MS - 1) };
    expect(look({ ...stopped, stop: recent, answer })).toEqual({ ...NOTHING, observes: true });
  });

  it('The stop is kept if an operator stopped the API too, or no rollout waits', () => {
    const answer = { result: { rest: 3, limit: 20 }, at: ago(1_000) };
    expect(look({ ...stopped, stop: { ...stop, isOfOperator: true }, answer }).liftsStop).toBe(false);
    expect(look({ ...stopped, isWaitedFor: false, answer }).liftsStop).toBe(false);
  });
});
