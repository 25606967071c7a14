import { describe, expect, it } from '@jest/globals';
import type { CallResult } from '@wxa/methods';
import { describeErrcode, type WxaError } from '@wxa/wxa-client';
import {
  type AttemptContext,
  deadlineError,
  decide,
  failsWithoutQuota,
  inDoubt,
  isRejection,
  onRejection,
  outOfDoubt,
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

describe('deadlineError', () => {
  it('A DEADLINE error says that nothing was executed only once no attempt is in doubt.', () => {
    const passed = deadlineError(error(-1));
    expect(passed.hint).toMatch(/^Not executed/);
    expect(inDoubt(passed).hint).toMatch(/^WeChat may have executed/);
    expect(deadlineError(inDoubt(passed))).toEqual(passed);
  });
});

describe('SUBMIT_STUCK', () => {
  it('A SubmitAudit to which WeChat answers -1 until its deadline says how that is cured.', () => {
    const last = { ...error(-1), api: 'wxa/submit_audit' };
    const stuck = deadlineError(last);
    expect(stuck).toMatchObject({ errcode: 0, reason: 'SUBMIT_STUCK', retryable: false });
    expect(stuck.hint).toMatch(/Add the draft to the templates again/);
    expect(inDoubt(stuck).hint).toMatch(/^WeChat may have executed/);
    expect(deadlineError(inDoubt(stuck))).toEqual(stuck);
    expect(deadlineError({ ...last, errcode: 45009 }).reason).toBe('DEADLINE');
  });
});

describe('inDoubt', () => {
  it('A rejection says that an earlier attempt may have been executed until reads show that none was.', () => {
    const rejection = inDoubt(error(45009));
    expect(rejection.hint).toBe(`${inDoubt(deadlineError(error(0))).hint} ${error(45009).hint}`);
    expect(outOfDoubt(rejection)).toEqual(error(45009));
  });

  it("A lost response or a service error does not count as WeChat's rejection.", () => {
    const precondition = { ...error(0), reason: 'VERSION_MISMATCH' };
    expect([error(61003), precondition].map(isRejection)).toEqual([true, true]);
    const others = ['TIMEOUT', 'WORKER_LOST', 'DEADLINE', 'TOKEN_UNAVAILABLE', 'NOT_AUTHORIZED', 'UNCLEAR'];
    expect(others.filter((reason) => isRejection({ errcode: 0, reason }))).toEqual([]);
  });
});

describe('decide', () => {
  it('A change whose response was lost is in doubt, whatever its deadline.', () => {
    expect(decide(timeout, CHANGE)).toMatchObject({ kind: 'in-doubt' });
    expect(decide(timeout, { ...CHANGE, leftMs: -1 })).toMatchObject({ kind: 'in-doubt' });
  });

  it('A query whose response was lost is retried.', () => {
    expect(decide(timeout, QUERY)).toMatchObject({ kind: 'retry', afterMs: 500 });
  });

  it('A call rejected by a proxy or firewall fails a query and leaves a change in doubt.', () => {
    const rejected = { kind: 'ambiguous', cause: 'intermediary', error: error(0) } as CallResult<undefined>;
    expect(decide(rejected, QUERY)).toEqual({ kind: 'failed', error: error(0) });
    expect(decide(rejected, CHANGE)).toEqual({ kind: 'in-doubt', error: error(0) });
  });

  it('A call that WeChat answered with -1 is retried after an exponential back-off.', () => {
    expect(decide(busy, CHANGE)).toMatchObject({ kind: 'retry', afterMs: 500 });
    expect(decide(busy, { ...CHANGE, claims: 3 })).toMatchObject({ kind: 'retry', afterMs: 2000 });
  });

  it('The last retry is due at the deadline.', () => {
    expect(decide(busy, { ...CHANGE, leftMs: 400 })).toMatchObject({ kind: 'retry', afterMs: 400 });
  });

  it("An operation past its deadline fails with DEADLINE and the last attempt's error.", () => {
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

  it('An operation fails at once on a business code and on an exhausted daily quota.', () => {
    for (const errcode of [85009, 85014, 45009, 87013]) {
      const decision = decide({ kind: 'error', error: error(errcode) }, CHANGE);
      expect(decision).toMatchObject({ kind: 'failed', error: { errcode } });
    }
  });

  it('With the policy delay, a change whose daily quota is exhausted waits until midnight in China, whatever its deadline.', () => {
    for (const errcode of [45009, 87013]) {
      const waiting: AttemptContext = { ...CHANGE, dailyQuota: 'delay', leftMs: 0 };
      const decision = decide({ kind: 'error', error: error(errcode) }, waiting);
      expect(decision).toMatchObject({ kind: 'retry', restartsDeadline: true, error: { errcode } });
    }
    const query: AttemptContext = { ...QUERY, dailyQuota: 'delay' };
    expect(decide({ kind: 'error', error: error(45009) }, query)).toMatchObject({ kind: 'failed' });
    const noon = Date.parse('2026-03-01T12:00:00+08:00');
    expect(onRejection(error(45009), { dailyQuota: 'delay' }, noon)).toMatchObject({
      afterMs: (12 * 60 + 1) * 60_000,
    });
    expect(onRejection(error(85009), { dailyQuota: 'delay' })).toMatchObject({ kind: 'failed' });
  });

  it('An exhausted monthly quota delays an operation, or fails one whose request says so.', () => {
    const rejection: CallResult<undefined> = { kind: 'error', error: error(85085) };
    expect(decide(rejection, CHANGE)).toMatchObject({ kind: 'retry', error: { errcode: 85085 } });
    expect(decide(rejection, { ...CHANGE, failsWithoutQuota: true })).toMatchObject({
      kind: 'failed',
      error: { errcode: 85085, reason: 'AUDIT_QUOTA_EXHAUSTED' },
    });
  });

  it('Only a SubmitAudit with fail_without_quota fails without the monthly quota.', () => {
    const request = { failWithoutQuota: true };
    expect(failsWithoutQuota({ method: 'SubmitAudit', request })).toBe(true);
    expect(failsWithoutQuota({ method: 'SubmitAudit', request: {} })).toBe(false);
    expect(failsWithoutQuota({ method: 'Commit', request })).toBe(false);
  });

  it('A change is in doubt if WeChat answers its retry after -1 with a duplicate code.', () => {
    const duplicateCodes = [85019, 85020];
    const repeated = { ...CHANGE, claims: 2, duplicateCodes };
    for (const errcode of duplicateCodes) {
      expect(decide({ kind: 'error', error: error(errcode) }, repeated)).toMatchObject({ kind: 'in-doubt' });
    }
    const other = decide({ kind: 'error', error: error(85009) }, repeated);
    expect(other).toMatchObject({ kind: 'failed' });
  });

  it('A duplicate code that proves execution ends a change SUCCEEDED if an earlier attempt may have been executed.', () => {
    const rejection: CallResult<undefined> = { kind: 'error', error: error(89404) };
    expect(decide(rejection, { ...CHANGE, provingCodes: [89404] })).toEqual({
      kind: 'succeeded',
      result: undefined,
    });
    expect(decide(rejection, CHANGE)).toMatchObject({ kind: 'failed' });
  });

  it('An operation waits at least 1 minute for a running privacy check.', () => {
    expect(decide({ kind: 'error', error: error(61039) }, CHANGE)).toMatchObject({
      kind: 'retry',
      afterMs: 65_000,
    });
  });

  it('A rejected token is refreshed once; the next rejection fails the operation.', () => {
    expect(decide(token, CHANGE)).toMatchObject({ kind: 'refresh-token' });
    expect(decide(token, { ...CHANGE, tokenRefreshed: true })).toMatchObject({
      kind: 'failed',
      error: { errcode: 42001 },
    });
  });
});
