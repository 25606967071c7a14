import { describe, expect, it } from '@jest/globals';
import { afterAnswer, answerOf, type Doubted } from './after-answer.js';

const DOUBT: Doubted = { asks: 1, saidNotDone: 0, refused: false, leftMs: 60_000, isAway: false };
const NOT_DONE = { kind: 'not-done' } as const;
const half = () => 0.5;
const error = { errcode: 0, errmsg: 'timed out', rid: '', reason: 'R', hint: '', api: 'wxa/x' };

describe('an answer about a doubt', () => {
  it('that it was done settles it with the result', () => {
    expect(afterAnswer<'SubmitAudit'>({ kind: 'done', result: { auditId: 7n } }, DOUBT)).toEqual({
      kind: 'succeeded',
      result: { auditId: 7n },
    });
  });

  it('that it was not done is believed the third time, with growing pauses', () => {
    const first = afterAnswer(NOT_DONE, DOUBT);
    const second = afterAnswer(NOT_DONE, { ...DOUBT, saidNotDone: 1 });
    expect([first, second]).toEqual([
      { kind: 'ask-again', afterMs: 1_000, saidNotDone: 1 },
      { kind: 'ask-again', afterMs: 2_000, saidNotDone: 2 },
    ]);
    expect(afterAnswer(NOT_DONE, { ...DOUBT, saidNotDone: 2 })).toEqual({ kind: 'repeat' });
  });

  it('that it was not done lets the refusal of a repeat stand, and ends what is too late', () => {
    const third = { ...DOUBT, saidNotDone: 2 };
    expect(afterAnswer(NOT_DONE, { ...third, refused: true })).toEqual({ kind: 'refused' });
    expect(afterAnswer(NOT_DONE, { ...third, leftMs: 0 })).toEqual({ kind: 'too-late' });
  });

  it('that only a repeat can tell has it sent again, unless that is too late', () => {
    const answer = { kind: 'repeat-tells', why: 'w' } as const;
    expect(afterAnswer(answer, DOUBT)).toEqual({ kind: 'repeat' });
    expect(afterAnswer(answer, { ...DOUBT, leftMs: 0 })).toEqual({ kind: 'stays', why: 'w' });
  });

  it('that only a repeat can tell leaves a change whose repeat was refused to a person', () => {
    const answer = { kind: 'repeat-tells', why: 'w' } as const;
    expect(afterAnswer(answer, { ...DOUBT, refused: true })).toMatchObject({ kind: 'stays' });
  });

  it('that is unclear leaves it to a person', () => {
    expect(afterAnswer({ kind: 'unclear', why: 'w' }, DOUBT)).toEqual({ kind: 'stays', why: 'w' });
  });

  it('that does not come is waited for longer and longer, a minute at most, and not for ever', () => {
    const unanswered = { kind: 'unanswered', why: 'busy' } as const;
    const waits = [1, 2, 3, 59].map((asks) =>
      afterAnswer(unanswered, { ...DOUBT, asks, saidNotDone: 2 }, half),
    );
    expect(waits).toEqual(
      [750, 1_500, 3_000, 45_000].map((afterMs) => ({ kind: 'ask-again', afterMs, saidNotDone: 2 })),
    );
    expect(afterAnswer(unanswered, { ...DOUBT, asks: 60 })).toEqual({ kind: 'stays', why: 'busy' });
    const away = afterAnswer(unanswered, { ...DOUBT, asks: 60, isAway: true });
    expect(away).toMatchObject({ kind: 'ask-again' });
  });
});

describe('a question', () => {
  it('that WeChat refuses is unclear; one without an answer is asked again', () => {
    const refusal = { ...error, errcode: 48001, category: 'PERMISSION', retryable: false } as const;
    const lost = { ...error, category: 'TRANSPORT', retryable: true } as const;
    expect(answerOf({ kind: 'error', error: refusal })).toMatchObject({ kind: 'unclear' });
    expect(answerOf({ kind: 'ambiguous', cause: 'timeout', error: lost })).toMatchObject({
      kind: 'unanswered',
    });
    expect(answerOf({ kind: 'retryable', cause: 'busy', error: lost })).toMatchObject({ kind: 'unanswered' });
    expect(answerOf({ kind: 'ok', value: NOT_DONE })).toEqual(NOT_DONE);
  });

  it('that meets the used-up quota of a day is asked again a minute after midnight in China', () => {
    const quota = { ...error, errcode: 45009, category: 'QUOTA', retryable: false } as const;
    const noon = Date.parse('2026-03-01T12:00:00+08:00');
    const answer = answerOf({ kind: 'error', error: quota }, noon);
    expect(answer.kind).toBe('unanswered');
    expect(afterAnswer(answer, { ...DOUBT, saidNotDone: 2 })).toEqual({
      kind: 'ask-again',
      afterMs: (12 * 60 + 1) * 60_000,
      saidNotDone: 2,
    });
    const permission = { ...error, errcode: 61003, category: 'PERMISSION', retryable: false } as const;
    const refused = answerOf({ kind: 'error', error: permission }, noon);
    expect(afterAnswer(refused, DOUBT)).toMatchObject({ kind: 'stays' });
  });
});
