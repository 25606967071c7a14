import { describe, expect, it } from '@jest/globals';
import { serviceError } from '@wxa/methods';
import type { ClaimedOperation } from '@wxa/store';
import type { AttemptDecision } from './attempt-decision.js';
import { type AttemptFacts, settlement } from './settlement.js';

const NOW = new Date('2026-01-01T00:00:10Z');
const SENT = new Date('2026-01-01T00:00:05Z');
const STARTED = new Date('2026-01-01T00:00:00Z');

const error = serviceError('internal', 'x', 'wxa/submit_audit');
const submitted: AttemptDecision = {
  kind: 'succeeded',
  result: { $case: 'submitAudit', value: { auditId: 7n } },
};
const again: AttemptDecision = { kind: 'retry', error, afterMs: 0 };

function effectOf(
  method: string,
  decision: AttemptDecision,
  facts: Partial<AttemptFacts> = {},
  mayHaveActed = false,
) {
  const operation: ClaimedOperation = {
    ...{ id: '01900000-0000-7000-8000-000000000001', appid: 'wx0123456789abcdef', requestId: 'r', method },
    ...{
      isChange: true,
      state: 'RUNNING',
      fence: 1,
      claimKey: null,
      attempts: 0,
      request: {},
      traceparent: 't',
      tracestate: null,
      mayHaveActed,
      negativeReads: 0,
      throttledMs: 0,
    },
    ...{ createdAt: STARTED, startedAt: STARTED, updatedAt: STARTED, endedAt: null, nextAttemptAt: null },
    ...{
      blockedBy: null,
      acceptedBy: null,
      onBehalfOf: null,
      error: null,
      result: null,
      snapshot: { auditId: '6' },
    },
  };
  const full = {
    sent: true,
    now: NOW,
    delayed: false,
    mayHaveActed: false,
    reconcileInMs: 0,
    negativeReads: 0,
    ...facts,
  };
  return settlement(operation, decision, full).auditEffect;
}

describe('settlement', () => {
  it('SubmitAudit opens an audit dated by its call, or by the first attempt if a read found it.', () => {
    const opened = { kind: 'opened', auditId: '7' };
    expect(effectOf('SubmitAudit', submitted, { sentAt: SENT }, true)).toEqual({
      ...opened,
      submittedAt: SENT,
    });
    expect(effectOf('SubmitAudit', submitted)).toEqual({ ...opened, submittedAt: STARTED });
  });

  it('SubmitAudit reports that no audit was opened as soon as no attempt can have opened one.', () => {
    const notOpened = { kind: 'not-opened' };
    expect(effectOf('SubmitAudit', { kind: 'failed', error })).toEqual(notOpened);
    expect(effectOf('SubmitAudit', again)).toEqual(notOpened);
    expect(effectOf('SubmitAudit', again, { mayHaveActed: true })).toBeNull();
    expect(effectOf('SubmitAudit', again, {}, true)).toBeNull();
    expect(effectOf('SubmitAudit', { kind: 'in-doubt', error })).toBeNull();
    expect(effectOf('Commit', { kind: 'failed', error })).toBeNull();
  });

  it('UndoAudit withdraws the audit that its snapshot names.', () => {
    expect(effectOf('UndoAudit', { kind: 'succeeded', result: undefined })).toMatchObject({
      kind: 'withdrawn',
      auditId: '6',
    });
  });
});
