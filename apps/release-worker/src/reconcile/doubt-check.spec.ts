import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Doubt } from '@wxa/store';
import type { WxaClient, WxaError, WxaResult } from '@wxa/wxa-client';
import { APPID, idleTools, RELEASE } from '../attempt/fixtures/release.js';
import { UNLIMITED } from '../throttle/fixtures/unlimited.js';
import { Permits } from '../throttle/permits.js';
import { RateLimits } from '../throttle/rate-limits.js';
import { DoubtCheck } from './doubt-check.js';

const DEADLINE_MS = 45_000;
const LOST: WxaError = {
  ...{ errcode: 0, errmsg: 'lost', rid: '', reason: 'R', hint: '', api: 'x' },
  category: 'TRANSPORT',
  retryable: true,
};

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** A library version whose third read is due, `ageMs` after its acceptance and its first attempt. */
function doubt(ageMs: number, given: Partial<Doubt> = {}): Doubt {
  const at = new Date(Date.now() - ageMs);
  return {
    ...RELEASE,
    ...{ method: 'SetSupportVersion', state: 'IN_DOUBT', createdAt: at, startedAt: at },
    ...{ request: { appid: APPID, version: '3.0.0' }, negativeReads: 2 },
    ...{ checks: 3, reads: 3, mayActUntil: null },
    ...given,
  };
}

interface Given {
  /** The reservation of the read, which is the one that is used. */
  reserve?: () => Promise<number | undefined>;
  /** Milliseconds until the lease ends. */
  leaseMs?: number;
  permits?: Permits;
  /** WeChat's answer; by default, that it was not executed. */
  read?: WxaResult<{ nowVersion: string }>;
}

async function check(
  checked: Doubt,
  {
    reserve = UNLIMITED.reserve,
    leaseMs = Number.POSITIVE_INFINITY,
    permits = new Permits(1),
    read = { kind: 'ok', value: { nowVersion: '2.0.0' } },
  }: Given = {},
) {
  let reserved: number | undefined;
  const tools = { ...idleTools(), deadlineMs: DEADLINE_MS };
  const client = { getSupportVersion: async () => read };
  const limits = new RateLimits(
    { perAppid: 0 },
    {
      ...UNLIMITED,
      reserve: async () => (reserved = await reserve()),
      use: async () => reserved,
    },
  );
  const check = new DoubtCheck({ ...tools, limits, permits, client: client as unknown as WxaClient });
  const result = check.run(checked, performance.now() + leaseMs);
  await jest.advanceTimersByTimeAsync(60_000);
  return result;
}

const THROTTLED: Given = { reserve: async () => undefined };

/** A reservation that is granted after `ms`. */
const after = (ms: number) => () =>
  new Promise<number>((resolve) => setTimeout(() => resolve(performance.now()), ms));

describe('DoubtCheck', () => {
  it('The deadline of an operation that was never claimed has not begun.', async () => {
    expect(await check(doubt(DEADLINE_MS + 1))).toMatchObject({ decision: { kind: 'too-late' } });
    const unclaimed = doubt(DEADLINE_MS + 1, { startedAt: null });
    expect(await check(unclaimed)).toMatchObject({ decision: { kind: 'retry' } });
  });

  it('The time for which a read waits for its reservation does not count against the deadline.', async () => {
    const waiting = doubt(DEADLINE_MS - 1_000, { throttledMs: 500 });
    expect(await check(waiting, { reserve: after(20_000) })).toMatchObject({
      decision: { kind: 'retry' },
      throttledMs: 20_500,
    });
  });

  it('A read that is throttled, and the pause after it, do not count against the deadline.', async () => {
    const throttled = await check(doubt(0), THROTTLED);
    expect(throttled).toMatchObject({
      answer: 'no-answer',
      decision: { kind: 'check-again', negativeReads: 2 },
    });
    const { decision, throttledMs, isUnsent } = throttled;
    expect(isUnsent).toBe(true);
    expect(decision.kind === 'check-again' && decision.afterMs).toBe(throttledMs);
  });

  it('Throttled reads leave no operation to an operator, however many there were.', async () => {
    const often = doubt(0, { checks: 60, reads: 60 });
    expect(await check(often, THROTTLED)).toMatchObject({ decision: { kind: 'check-again' } });
  });

  it('A reservation that is far away is waited for, because no read would be made at a low rate otherwise.', async () => {
    const inTenSeconds = async () => performance.now() + 10_000;
    expect(await check(doubt(0), { reserve: inTenSeconds })).toMatchObject({
      answer: 'not-executed',
      throttledMs: 10_000,
    });
  });

  it('A check whose reservation or permit comes too late for its lease sends no read and leaves them to others.', async () => {
    const leaseMs = 20_000;
    const late = await check(doubt(0), { leaseMs, reserve: async () => performance.now() + leaseMs });
    expect(late).toMatchObject({ isUnsent: true });
    const permits = new Permits(1);
    await permits.take();
    setTimeout(() => permits.give(), leaseMs);
    expect(await check(doubt(0), { leaseMs, permits })).toMatchObject({ isUnsent: true });
    expect(permits.inUse).toBe(0);
    expect(await check(doubt(0), { leaseMs, permits })).toMatchObject({ answer: 'not-executed' });
  });

  it('An idempotent change is sent again after five unanswered reads, but not if the last one never reached WeChat.', async () => {
    const silent = doubt(0, { checks: 5, reads: 5 });
    const lost: WxaResult<never> = { kind: 'ambiguous', cause: 'timeout', error: LOST };
    const unsent: WxaResult<never> = { kind: 'retryable', cause: 'connect', error: LOST };
    expect(await check(silent, { read: lost })).toMatchObject({ decision: { kind: 'retry' } });
    expect(await check(silent, { read: unsent })).toMatchObject({ decision: { kind: 'check-again' } });
    const throttledBefore = doubt(0, { checks: 50, reads: 4 });
    expect(await check(throttledBefore, { read: lost })).toMatchObject({ decision: { kind: 'check-again' } });
  });
});
