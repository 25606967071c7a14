import { expect, it } from '@jest/globals';
import type { CallResult } from '@wxa/methods';
import { describeErrcode, type WxaError } from '@wxa/wxa-client';
import {
  type AttemptContext,
  decideAfterAttempt,
  failsWithoutQuota,
  inDoubtIfMaybeExecuted,
  onRejection,
} from './attempt-decision.js';
import { deadlineError, inDoubt, isRejection, outOfDoubt } from './attempt-errors.js';

const error = (errcode: number): WxaError => ({
  ...{ ...describeErrcode(errcode), errcode, errmsg: 'system error', rid: '', api: 'wxa/commit' },
});
const CHANGE: AttemptContext = {
  ...{ isChange: true, claims: 1, leftMs: 600_000, tokenRefreshed: false },
  ...{ dailyQuota: 'fail', random: () => 0.5 },
};
const QUERY = { ...CHANGE, isChange: false };
type Result = CallResult<undefined>;
const timeout: Result = { kind: 'ambiguous', cause: 'timeout', error: error(0) };
const intermediary: Result = { kind: 'ambiguous', cause: 'intermediary', error: error(0) };
const busy: Result = { kind: 'retryable', cause: 'busy', error: error(-1) };
const rate: Result = { kind: 'retryable', cause: 'rate', error: error(45011) };
const token: Result = { kind: 'retryable', cause: 'token', error: error(42001) };
const rejected = (errcode: number): Result => ({ kind: 'error', error: error(errcode) });

it('A DEADLINE error says that nothing was executed only once no attempt is in doubt.', () => {
  const passed = deadlineError(error(-1));
  expect(passed.hint).toMatch(/^Not executed/);
  expect(inDoubt(passed).hint).toMatch(/^WeChat may have executed/);
  expect(deadlineError(inDoubt(passed))).toEqual(passed);
});

it('A SubmitAudit to which WeChat answers -1 until its deadline says how that is cured.', () => {
  const last = { ...error(-1), api: 'wxa/submit_audit' };
  const stuck = deadlineError(last);
  expect(stuck).toMatchObject({ errcode: 0, reason: 'SUBMIT_STUCK', retryable: false });
  expect(stuck.hint).toMatch(/Add the draft to the templates again/);
  expect(inDoubt(stuck).hint).toMatch(/^WeChat may have executed/);
  expect(deadlineError(inDoubt(stuck))).toEqual(stuck);
  expect(deadlineError({ ...last, errcode: 45009 }).reason).toBe('DEADLINE');
});

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

const [failed, doubtful] = [{ kind: 'failed' }, { kind: 'in-doubt' }];
const failedWith = (errcode: number) => ({ kind: 'failed', error: { errcode } });
const retry = (afterMs: number) => ({ kind: 'retry', afterMs });
const postponed = (errcode: number) => ({ kind: 'retry', restartsDeadline: true, error: { errcode } });
const late = {
  ...{ errcode: 0, reason: 'DEADLINE', category: 'DEADLINE' },
  errmsg: expect.stringContaining('-1 system error'),
};
const delays: Partial<AttemptContext> = { dailyQuota: 'delay', leftMs: 0 };
const repeats = { claims: 2, duplicateCodes: [85019, 85020] };
const [ok, proves] = [{ kind: 'succeeded', result: undefined }, { provingCodes: [89404] }];

it.each<[string, Result, Partial<AttemptContext>, object]>([
  ['A change whose response was lost is in doubt.', timeout, {}, doubtful],
  ['A change whose response was lost is in doubt after its deadline.', timeout, { leftMs: -1 }, doubtful],
  ['A query whose response was lost is retried.', timeout, QUERY, retry(500)],
  ['A query rejected by a proxy or firewall fails.', intermediary, QUERY, { ...failed, error: error(0) }],
  ['A change rejected by a proxy or firewall is in doubt.', intermediary, {}, doubtful],
  ['A call that WeChat answered with -1 is retried.', busy, {}, retry(500)],
  ['The back-off after -1 is exponential.', busy, { claims: 3 }, retry(2_000)],
  ['The back-off after a rate limit of WeChat is longer (45011).', rate, {}, retry(3_000)],
  ['The last retry is due at the deadline.', busy, { leftMs: 400 }, retry(400)],
  ['A call past its deadline fails with its last error.', busy, { leftMs: 0 }, { ...failed, error: late }],
  ['85009 fails an operation at once.', rejected(85009), {}, failedWith(85009)],
  ['85014 fails an operation at once.', rejected(85014), {}, failedWith(85014)],
  ['An exhausted daily quota fails an operation (45009).', rejected(45009), {}, failedWith(45009)],
  ['An exhausted daily quota fails an operation (87013).', rejected(87013), {}, failedWith(87013)],
  ['The policy delay postpones a change past its deadline.', rejected(45009), delays, postponed(45009)],
  ['The policy delay postpones a withdrawal too.', rejected(87013), delays, postponed(87013)],
  ['The policy delay does not postpone a query.', rejected(45009), { ...delays, isChange: false }, failed],
  ['An exhausted monthly quota delays an operation.', rejected(85085), {}, { kind: 'retry' }],
  [
    'An exhausted monthly quota fails an operation whose request says so.',
    rejected(85085),
    { failsWithoutQuota: true },
    { ...failed, error: { errcode: 85085, reason: 'AUDIT_QUOTA_EXHAUSTED' } },
  ],
  ['A duplicate code after -1 leaves a change in doubt (85019).', rejected(85019), repeats, doubtful],
  ['A duplicate code after -1 leaves a change in doubt (85020).', rejected(85020), repeats, doubtful],
  ['Another code after -1 fails a change.', rejected(85009), repeats, failed],
  ['A duplicate code that proves an earlier attempt ends a change SUCCEEDED.', rejected(89404), proves, ok],
  ['A duplicate code that proves nothing fails a change.', rejected(89404), {}, failed],
  ['An operation waits at least 1 minute for a running privacy check.', rejected(61039), {}, retry(65_000)],
  ['A rejected token is refreshed once.', token, {}, { kind: 'refresh-token' }],
  ['A rejected new token fails the operation.', token, { tokenRefreshed: true }, failedWith(42001)],
])('%s', (_title, result, given, expected) => {
  expect(decideAfterAttempt(result, { ...CHANGE, ...given })).toMatchObject(expected);
});

it('With the policy delay, a change whose daily quota is exhausted waits until midnight in China.', () => {
  const noon = Date.parse('2026-03-01T12:00:00+08:00');
  const waits = { afterMs: (12 * 60 + 1) * 60_000 };
  expect(onRejection(error(45009), { dailyQuota: 'delay' }, noon)).toMatchObject(waits);
  expect(onRejection(error(85009), { dailyQuota: 'delay' })).toMatchObject(failed);
});

it('Only a SubmitAudit with fail_without_quota fails without the monthly quota.', () => {
  const request = { failWithoutQuota: true };
  expect(failsWithoutQuota({ method: 'SubmitAudit', request })).toBe(true);
  expect(failsWithoutQuota({ method: 'SubmitAudit', request: {} })).toBe(false);
  expect(failsWithoutQuota({ method: 'Commit', request })).toBe(false);
});

it('With the policy delay, a listed call that may have been executed fails with RESULT_UNKNOWN if its daily quota is exhausted.', () => {
  const waits = decideAfterAttempt(rejected(45009), { ...CHANGE, ...delays, effect: 'set' });
  const earlier = { method: 'ChangeWechat' as const, isConfirmedNotExecuted: false };
  const unknown = { kind: 'failed', error: { reason: 'RESULT_UNKNOWN' } };
  expect(inDoubtIfMaybeExecuted(waits, { ...earlier, mayHaveActed: true })).toMatchObject(unknown);
  expect(inDoubtIfMaybeExecuted(waits, { ...earlier, mayHaveActed: false })).toBe(waits);
});
