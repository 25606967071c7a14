import { describe, expect, it } from '@jest/globals';
import type { CallResult } from '@wxa/methods';
import { describeErrcode, type WxaError } from '@wxa/wxa-client';
import {
  type AttemptContext,
  deadlineError,
  decide,
  inDoubt,
  isRefusal,
  outOfDoubt,
  refused,
} from './attempt-decision.js';

const error = (errcode: number): WxaError => ({
  ...describeErrcode(errcode),
  errcode,
  errmsg: 'system error',
  rid: '',
  api: 'wxa/commit',
});
const CHANGE: AttemptContext = {
  ...{ isChange: true, claims: 1, leftMs: 600_000, tokenRefreshed: false },
  dailyQuota: 'fail',
  random: () => 0.5,
};
const QUERY = { ...CHANGE, isChange: false };
const timeout = { kind: 'ambiguous', cause: 'timeout', error: error(0) } as CallResult<undefined>;
const busy = { kind: 'retryable', cause: 'busy', error: error(-1) } as CallResult<undefined>;
const token = { kind: 'retryable', cause: 'token', error: error(42001) } as CallResult<undefined>;

describe('a deadline that passed', () => {
  it('does not say that nothing happened before that is found out', () => {
    const passed = deadlineError(error(-1));
    expect(passed.hint).toMatch(/^It did not happen/);
    expect(inDoubt(passed).hint).toMatch(/^WeChat may have acted/);
    expect(deadlineError(inDoubt(passed))).toEqual(passed);
  });
});

describe('a refusal of a later attempt', () => {
  it('says in its hint that an earlier attempt may have been executed, until reads show that it was not', () => {
    const doubted = inDoubt(error(45009));
    expect(doubted.hint).toMatch(/^WeChat may have acted .* Today's quota of this API is exhausted/);
    expect(outOfDoubt(doubted)).toEqual(error(45009));
  });

  it('differs from a lost response and from an end of ours', () => {
    const guard = { ...error(0), reason: 'VERSION_MISMATCH' };
    expect([error(61003), guard].map(isRefusal)).toEqual([true, true]);
    const others = ['TIMEOUT', 'WORKER_LOST', 'DEADLINE', 'TOKEN_UNAVAILABLE', 'NOT_AUTHORIZED', 'UNCLEAR'];
    expect(others.filter((reason) => isRefusal({ errcode: 0, reason }))).toEqual([]);
  });
});

describe('judge', () => {
  it('never repeats a change whose answer was lost', () => {
    expect(decide(timeout, CHANGE)).toMatchObject({ kind: 'in-doubt' });
    expect(decide(timeout, { ...CHANGE, leftMs: -1 })).toMatchObject({ kind: 'in-doubt' });
  });

  it('asks a query again whose answer was lost', () => {
    expect(decide(timeout, QUERY)).toMatchObject({ kind: 'retry', afterMs: 500 });
  });

  it('fails a query that a proxy or a firewall refused, and leaves a change in doubt', () => {
    const refused = { kind: 'ambiguous', cause: 'intermediary', error: error(0) } as CallResult<undefined>;
    expect(decide(refused, QUERY)).toEqual({ kind: 'failed', error: error(0) });
    expect(decide(refused, CHANGE)).toEqual({ kind: 'in-doubt', error: error(0) });
  });

  it('tries again after a busy answer', () => {
    expect(decide(busy, CHANGE)).toMatchObject({ kind: 'retry', afterMs: 500 });
    expect(decide(busy, { ...CHANGE, claims: 3 })).toMatchObject({ kind: 'retry', afterMs: 2000 });
  });

  it('tries for the last time at the deadline', () => {
    expect(decide(busy, { ...CHANGE, leftMs: 400 })).toMatchObject({ kind: 'retry', afterMs: 400 });
  });

  it('fails as DEADLINE, with the last answer, once the deadline has passed', () => {
    expect(decide(busy, { ...CHANGE, leftMs: 0 })).toMatchObject({
      kind: 'failed',
      error: {
        errcode: 0,
        reason: 'DEADLINE',
        category: 'DEADLINE',
        errmsg: expect.stringContaining('-1 system error'),
      },
    });
  });

  it('fails at once on a business code and on a daily quota', () => {
    for (const errcode of [85009, 85014, 45009, 87013]) {
      const verdict = decide({ kind: 'error', error: error(errcode) }, CHANGE);
      expect(verdict).toMatchObject({ kind: 'failed', error: { errcode } });
    }
  });

  it('waits for the day to turn in China where a daily quota is to wait, whatever its deadline', () => {
    for (const errcode of [45009, 87013]) {
      const waiting: AttemptContext = { ...CHANGE, dailyQuota: 'delay', leftMs: 0 };
      const verdict = decide({ kind: 'error', error: error(errcode) }, waiting);
      expect(verdict).toMatchObject({ kind: 'retry', anew: true, error: { errcode } });
    }
    const query: AttemptContext = { ...QUERY, dailyQuota: 'delay' };
    expect(decide({ kind: 'error', error: error(45009) }, query)).toMatchObject({ kind: 'failed' });
    const noon = Date.parse('2026-03-01T12:00:00+08:00');
    expect(refused(error(45009), 'delay', noon)).toMatchObject({ afterMs: (12 * 60 + 1) * 60_000 });
    expect(refused(error(85009), 'delay')).toMatchObject({ kind: 'failed' });
  });

  it('does not know whose doing it was where a repeat after -1 is told that it is done already', () => {
    const already = [85019, 85020];
    const repeated = { ...CHANGE, claims: 2, duplicateCodes: already };
    for (const errcode of already) {
      expect(decide({ kind: 'error', error: error(errcode) }, repeated)).toMatchObject({ kind: 'in-doubt' });
    }
    const other = decide({ kind: 'error', error: error(85009) }, repeated);
    expect(other).toMatchObject({ kind: 'failed' });
  });

  it('has done what WeChat says is done, where an earlier try may have been the one', () => {
    const refusal: CallResult<undefined> = { kind: 'error', error: error(89404) };
    expect(decide(refusal, { ...CHANGE, provingCodes: [89404] })).toEqual({
      kind: 'succeeded',
      result: undefined,
    });
    expect(decide(refusal, CHANGE)).toMatchObject({ kind: 'failed' });
  });

  it('waits at least a minute for WeChat’s privacy check', () => {
    expect(decide({ kind: 'error', error: error(61039) }, CHANGE)).toMatchObject({
      kind: 'retry',
      afterMs: 65_000,
    });
  });

  it('refreshes a refused token once, then fails', () => {
    expect(decide(token, CHANGE)).toMatchObject({ kind: 'refresh-token' });
    expect(decide(token, { ...CHANGE, tokenRefreshed: true })).toMatchObject({
      kind: 'failed',
      error: { errcode: 42001 },
    });
  });
});
