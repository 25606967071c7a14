import { describe, expect, it } from '@jest/globals';
import { answerOf } from '../settle/reconciliation-read.js';
import { type DoubtFacts, decideAfterAnswer } from './reconcile-decision.js';

const DOUBT: DoubtFacts = {
  checks: 1,
  reads: 1,
  negativeReads: 0,
  rejected: false,
  leftMs: 60_000,
  isUnavailable: false,
};
const NOT_EXECUTED = { kind: 'not-executed' } as const;
const half = () => 0.5;
const error = { errcode: 0, errmsg: 'timed out', rid: '', reason: 'R', hint: '', api: 'wxa/x' };

describe('decideAfterAnswer', () => {
  it('An executed change succeeds with the result of the read.', () => {
    expect(decideAfterAnswer<'SubmitAudit'>({ kind: 'executed', result: { auditId: 7n } }, DOUBT)).toEqual({
      kind: 'succeeded',
      result: { auditId: 7n },
    });
  });

  it('Three negative reads with growing pauses confirm that a change was not executed.', () => {
    const first = decideAfterAnswer(NOT_EXECUTED, DOUBT);
    const second = decideAfterAnswer(NOT_EXECUTED, { ...DOUBT, negativeReads: 1 });
    expect([first, second]).toEqual([
      { kind: 'check-again', afterMs: 1_000, negativeReads: 1 },
      { kind: 'check-again', afterMs: 2_000, negativeReads: 2 },
    ]);
    expect(decideAfterAnswer(NOT_EXECUTED, { ...DOUBT, negativeReads: 2 })).toEqual({ kind: 'retry' });
  });

  it('A change confirmed as not executed ends if a retry was rejected or its deadline has passed.', () => {
    const third = { ...DOUBT, negativeReads: 2 };
    expect(decideAfterAnswer(NOT_EXECUTED, { ...third, rejected: true })).toEqual({ kind: 'rejected' });
    expect(decideAfterAnswer(NOT_EXECUTED, { ...third, leftMs: 0 })).toEqual({ kind: 'too-late' });
  });

  it('A change whose execution only a retry proves is retried until its deadline.', () => {
    const answer = { kind: 'retry-proves', why: 'w' } as const;
    expect(decideAfterAnswer(answer, DOUBT)).toEqual({ kind: 'retry' });
    expect(decideAfterAnswer(answer, { ...DOUBT, leftMs: 0 })).toEqual({ kind: 'needs-operator', why: 'w' });
  });

  it('A change whose execution only a retry proves needs an operator if WeChat rejected the retry.', () => {
    const answer = { kind: 'retry-proves', why: 'w' } as const;
    expect(decideAfterAnswer(answer, { ...DOUBT, rejected: true })).toMatchObject({ kind: 'needs-operator' });
  });

  it('An inconclusive answer needs an operator.', () => {
    expect(decideAfterAnswer({ kind: 'inconclusive', why: 'w' }, DOUBT)).toEqual({
      kind: 'needs-operator',
      why: 'w',
    });
  });

  it('A read without an answer is retried with a back-off of at most 1 minute, 60 times at most.', () => {
    const unanswered = { kind: 'no-answer', why: 'busy' } as const;
    const waits = [1, 2, 3, 59].map((checks) =>
      decideAfterAnswer(unanswered, { ...DOUBT, checks, negativeReads: 2 }, half),
    );
    expect(waits).toEqual(
      [750, 1_500, 3_000, 45_000].map((afterMs) => ({ kind: 'check-again', afterMs, negativeReads: 2 })),
    );
    expect(decideAfterAnswer(unanswered, { ...DOUBT, reads: 60 })).toEqual({
      kind: 'needs-operator',
      why: 'busy',
    });
    const unavailable = decideAfterAnswer(unanswered, { ...DOUBT, reads: 60, isUnavailable: true });
    expect(unavailable).toMatchObject({ kind: 'check-again' });
    const throttledBefore = decideAfterAnswer(unanswered, { ...DOUBT, checks: 200, reads: 59 });
    expect(throttledBefore).toMatchObject({ kind: 'check-again' });
  });
});

describe('answerOf', () => {
  it('A rejected read is inconclusive; a read without an answer is retried.', () => {
    const rejection = { ...error, errcode: 48001, category: 'PERMISSION', retryable: false } as const;
    const lost = { ...error, category: 'TRANSPORT', retryable: true } as const;
    expect(answerOf({ kind: 'error', error: rejection })).toMatchObject({ kind: 'inconclusive' });
    expect(answerOf({ kind: 'ambiguous', cause: 'timeout', error: lost })).toMatchObject({
      kind: 'no-answer',
    });
    expect(answerOf({ kind: 'retryable', cause: 'busy', error: lost })).toMatchObject({ kind: 'no-answer' });
    expect(answerOf({ kind: 'ok', value: NOT_EXECUTED })).toEqual(NOT_EXECUTED);
  });

  it('A read whose daily quota is exhausted is retried 1 minute after midnight in China.', () => {
    const quota = { ...error, errcode: 45009, category: 'QUOTA', retryable: false } as const;
    const noon = Date.parse('2026-03-01T12:00:00+08:00');
    const answer = answerOf({ kind: 'error', error: quota }, noon);
    expect(answer.kind).toBe('no-answer');
    expect(decideAfterAnswer(answer, { ...DOUBT, negativeReads: 2 })).toEqual({
      kind: 'check-again',
      afterMs: (12 * 60 + 1) * 60_000,
      negativeReads: 2,
    });
    const permission = { ...error, errcode: 61003, category: 'PERMISSION', retryable: false } as const;
    const rejected = answerOf({ kind: 'error', error: permission }, noon);
    expect(decideAfterAnswer(rejected, DOUBT)).toMatchObject({ kind: 'needs-operator' });
  });
});
