import { describe, expect, it } from '@jest/globals';
import { answerOf, type DoubtFacts, decideAfterAnswer } from './reconcile-decision.js';

const DOUBT: DoubtFacts = {
  asks: 1,
  negativeReads: 0,
  rejected: false,
  leftMs: 60_000,
  isUnavailable: false,
};
const NOT_DONE = { kind: 'not-executed' } as const;
const half = () => 0.5;
const error = { errcode: 0, errmsg: 'timed out', rid: '', reason: 'R', hint: '', api: 'wxa/x' };

describe('an answer about a doubt', () => {
  it('that it was done settles it with the result', () => {
    expect(decideAfterAnswer<'SubmitAudit'>({ kind: 'executed', result: { auditId: 7n } }, DOUBT)).toEqual({
      kind: 'succeeded',
      result: { auditId: 7n },
    });
  });

  it('that it was not done is believed the third time, with growing pauses', () => {
    const first = decideAfterAnswer(NOT_DONE, DOUBT);
    const second = decideAfterAnswer(NOT_DONE, { ...DOUBT, negativeReads: 1 });
    expect([first, second]).toEqual([
      { kind: 'check-again', afterMs: 1_000, negativeReads: 1 },
      { kind: 'check-again', afterMs: 2_000, negativeReads: 2 },
    ]);
    expect(decideAfterAnswer(NOT_DONE, { ...DOUBT, negativeReads: 2 })).toEqual({ kind: 'retry' });
  });

  it('that it was not done lets the refusal of a repeat stand, and ends what is too late', () => {
    const third = { ...DOUBT, negativeReads: 2 };
    expect(decideAfterAnswer(NOT_DONE, { ...third, rejected: true })).toEqual({ kind: 'refused' });
    expect(decideAfterAnswer(NOT_DONE, { ...third, leftMs: 0 })).toEqual({ kind: 'too-late' });
  });

  it('that only a repeat can tell has it sent again, unless that is too late', () => {
    const answer = { kind: 'retry-proves', why: 'w' } as const;
    expect(decideAfterAnswer(answer, DOUBT)).toEqual({ kind: 'retry' });
    expect(decideAfterAnswer(answer, { ...DOUBT, leftMs: 0 })).toEqual({ kind: 'needs-operator', why: 'w' });
  });

  it('that only a repeat can tell leaves a change whose repeat was refused to a person', () => {
    const answer = { kind: 'retry-proves', why: 'w' } as const;
    expect(decideAfterAnswer(answer, { ...DOUBT, rejected: true })).toMatchObject({ kind: 'needs-operator' });
  });

  it('that is unclear leaves it to a person', () => {
    expect(decideAfterAnswer({ kind: 'inconclusive', why: 'w' }, DOUBT)).toEqual({
      kind: 'needs-operator',
      why: 'w',
    });
  });

  it('that does not come is waited for longer and longer, a minute at most, and not for ever', () => {
    const unanswered = { kind: 'no-answer', why: 'busy' } as const;
    const waits = [1, 2, 3, 59].map((asks) =>
      decideAfterAnswer(unanswered, { ...DOUBT, asks, negativeReads: 2 }, half),
    );
    expect(waits).toEqual(
      [750, 1_500, 3_000, 45_000].map((afterMs) => ({ kind: 'check-again', afterMs, negativeReads: 2 })),
    );
    expect(decideAfterAnswer(unanswered, { ...DOUBT, asks: 60 })).toEqual({
      kind: 'needs-operator',
      why: 'busy',
    });
    const away = decideAfterAnswer(unanswered, { ...DOUBT, asks: 60, isUnavailable: true });
    expect(away).toMatchObject({ kind: 'check-again' });
  });
});

describe('a question', () => {
  it('that WeChat refuses is unclear; one without an answer is asked again', () => {
    const refusal = { ...error, errcode: 48001, category: 'PERMISSION', retryable: false } as const;
    const lost = { ...error, category: 'TRANSPORT', retryable: true } as const;
    expect(answerOf({ kind: 'error', error: refusal })).toMatchObject({ kind: 'inconclusive' });
    expect(answerOf({ kind: 'ambiguous', cause: 'timeout', error: lost })).toMatchObject({
      kind: 'no-answer',
    });
    expect(answerOf({ kind: 'retryable', cause: 'busy', error: lost })).toMatchObject({ kind: 'no-answer' });
    expect(answerOf({ kind: 'ok', value: NOT_DONE })).toEqual(NOT_DONE);
  });

  it('that meets the used-up quota of a day is asked again a minute after midnight in China', () => {
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
    const refused = answerOf({ kind: 'error', error: permission }, noon);
    expect(decideAfterAnswer(refused, DOUBT)).toMatchObject({ kind: 'needs-operator' });
  });
});
