import { describe, expect, it } from '@jest/globals';
import { serviceError } from '@wxa/methods';
import type { ClaimedOperation } from '@wxa/store';
import type { AttemptDecision } from './attempt-decision.js';
import { type AttemptFacts, settlement } from './settlement.js';

const NOW = new Date('2026-01-01T00:00:10Z');
const SENT = new Date('2026-01-01T00:00:05Z');
const BEGUN = new Date('2026-01-01T00:00:00Z');

const error = serviceError('internal', 'x', 'wxa/submit_audit');
const submitted: AttemptDecision = {
  kind: 'succeeded',
  result: { $case: 'submitAudit', value: { auditId: 7n } },
};
const again: AttemptDecision = { kind: 'retry', error, afterMs: 0 };

function effectOf(
  method: string,
  verdict: AttemptDecision,
  ending: Partial<AttemptFacts> = {},
  mayHaveActed = false,
) {
  const operation: ClaimedOperation = {
    ...{ id: '01900000-0000-7000-8000-000000000001', appid: 'wx0123456789abcdef', requestId: 'r', method },
    ...{
      isChange: true,
      state: 'RUNNING',
      fence: 1,
      attempts: 0,
      request: {},
      traceparent: 't',
      mayHaveActed,
      negativeReads: 0,
      throttledMs: 0,
    },
    ...{ createdAt: BEGUN, startedAt: BEGUN, updatedAt: BEGUN, endedAt: null, nextAttemptAt: null },
    ...{ blockedBy: null, error: null, result: null, noted: { auditId: '6' } },
  };
  const full = {
    sent: true,
    now: NOW,
    parked: false,
    mayHaveActed: false,
    askInMs: 0,
    negativeReads: 0,
    ...ending,
  };
  return settlement(operation, verdict, full).auditEffect;
}

describe('what a try means for audits', () => {
  it('opens one as old as the call that was answered, or as the first try where it was found by asking', () => {
    const opened = { kind: 'opened', auditId: '7' };
    expect(effectOf('SubmitAudit', submitted, { sentAt: SENT }, true)).toEqual({
      ...opened,
      submittedAt: SENT,
    });
    expect(effectOf('SubmitAudit', submitted)).toEqual({ ...opened, submittedAt: BEGUN });
  });

  it('tells that none was opened as soon as that is sure', () => {
    const notOpened = { kind: 'not-opened' };
    expect(effectOf('SubmitAudit', { kind: 'failed', error })).toEqual(notOpened);
    expect(effectOf('SubmitAudit', again)).toEqual(notOpened);
    expect(effectOf('SubmitAudit', again, { mayHaveActed: true })).toBeNull();
    expect(effectOf('SubmitAudit', again, {}, true)).toBeNull();
    expect(effectOf('SubmitAudit', { kind: 'in-doubt', error })).toBeNull();
    expect(effectOf('Commit', { kind: 'failed', error })).toBeNull();
  });

  it('withdraws the one that was the latest before', () => {
    expect(effectOf('UndoAudit', { kind: 'succeeded', result: undefined })).toMatchObject({
      kind: 'withdrawn',
      auditId: '6',
    });
  });
});
