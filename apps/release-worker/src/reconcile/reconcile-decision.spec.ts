import { expect, it } from '@jest/globals';
import { describeErrcode, type WxaResult } from '@wxa/wxa-client';
import { type Answer, answerOf } from '../settle/reconciliation-read.js';
import { type DoubtFacts, decideAfterAnswer } from './reconcile-decision.js';

const DOUBT: DoubtFacts = {
  ...{ checks: 1, reads: 1, negativeReads: 0, rejected: false, leftMs: 60_000, isUnavailable: false },
};
type Read = Answer<'SubmitAudit'>;
const result = { auditId: 7n };
const NOT_EXECUTED: Read = { kind: 'not-executed' };
const onlyRetryProves: Read = { kind: 'retry-proves', why: 'w' };
const unanswered: Read = { kind: 'no-answer', why: 'w' };
const [retry, operator] = [{ kind: 'retry' }, { kind: 'needs-operator', why: 'w' }];
const refused = expect.objectContaining({ kind: 'needs-operator' });
const again = (afterMs: number, negativeReads: number) => ({ kind: 'check-again', afterMs, negativeReads });
const third = { negativeReads: 2 };

it.each<[string, Read, Partial<DoubtFacts>, unknown]>([
  ['An executed change succeeds.', { kind: 'executed', result }, {}, { kind: 'succeeded', result }],
  ['A change is read again 1 s after a negative read.', NOT_EXECUTED, {}, again(1_000, 1)],
  ['A change is read again 2 s after the second one.', NOT_EXECUTED, { negativeReads: 1 }, again(2_000, 2)],
  ['Three negative reads confirm that a change was not executed.', NOT_EXECUTED, third, retry],
  [
    'A confirmed one ends after a rejection.',
    NOT_EXECUTED,
    { ...third, rejected: true },
    { kind: 'rejected' },
  ],
  ['A confirmed one ends after its deadline.', NOT_EXECUTED, { ...third, leftMs: 0 }, { kind: 'too-late' }],
  ['A change whose execution only a retry proves is retried.', onlyRetryProves, {}, retry],
  ['A late retry that would prove it needs an operator.', onlyRetryProves, { leftMs: 0 }, operator],
  ['A rejected retry that would prove it needs an operator.', onlyRetryProves, { rejected: true }, refused],
  ['An inconclusive answer needs an operator.', { kind: 'inconclusive', why: 'w' }, {}, operator],
  ['An unanswered read is repeated.', unanswered, { checks: 1 }, again(750, 0)],
  ['The second unanswered read is repeated later.', unanswered, { ...third, checks: 2 }, again(1_500, 2)],
  ['The third unanswered read is repeated later still.', unanswered, { checks: 3 }, again(3_000, 0)],
  ['The back-off is at most 1 minute.', unanswered, { checks: 59 }, again(45_000, 0)],
  ['60 unanswered reads need an operator.', unanswered, { reads: 60 }, operator],
  ['Checks without a read need none.', unanswered, { checks: 200, reads: 59 }, again(45_000, 0)],
  ['60 reads of an outage need none.', unanswered, { reads: 60, isUnavailable: true }, again(750, 0)],
])('%s', (_title, answer, given, expected) => {
  expect(decideAfterAnswer<'SubmitAudit'>(answer, { ...DOUBT, ...given }, () => 0.5)).toEqual(expected);
});

const noon = Date.parse('2026-03-01T12:00:00+08:00');
const error = (errcode: number) => ({
  ...{ ...describeErrcode(errcode), errcode, errmsg: '', rid: '', api: 'wxa/x' },
});

it.each<[string, WxaResult<{ kind: 'not-executed' }>, object]>([
  ['needs an operator if it is rejected', { kind: 'error', error: error(61003) }, { kind: 'needs-operator' }],
  [
    'is repeated if its response is lost',
    { kind: 'ambiguous', cause: 'timeout', error: error(0) },
    again(750, 2),
  ],
  ['is repeated if WeChat is busy', { kind: 'retryable', cause: 'busy', error: error(-1) }, again(750, 2)],
  [
    'is repeated 1 minute after midnight in China if its daily quota is exhausted',
    { kind: 'error', error: error(45009) },
    again((12 * 60 + 1) * 60_000, 2),
  ],
  ['counts if it is answered', { kind: 'ok', value: { kind: 'not-executed' } }, retry],
])('A read %s.', (_, read, expected) => {
  const answer = answerOf<'SubmitAudit'>(read, noon);
  expect(decideAfterAnswer<'SubmitAudit'>(answer, { ...DOUBT, ...third }, () => 0.5)).toMatchObject(expected);
});
