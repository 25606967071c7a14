import { expect, it } from '@jest/globals';
import { serviceError } from '@wxa/methods';
import type { ClaimedOperation, SettlementWithAudits } from '@wxa/operations';
import type { AttemptDecision } from './attempt-decision.js';
import { type AttemptFacts, settlement } from './settlement.js';
import { SettlementReport } from './settlement-report.js';

const [STARTED, SENT] = [new Date('2026-01-01T00:00:00Z'), new Date('2026-01-01T00:00:05Z')];
const RELEASE: ClaimedOperation = {
  ...{ id: '01900000-0000-7000-8000-000000000001', appid: 'wx0123456789abcdef', requestId: 'r' },
  ...{ method: 'Release', isChange: true, state: 'RUNNING', fence: 1, claimKey: null, attempts: 0 },
  ...{ createdAt: STARTED, startedAt: STARTED, updatedAt: STARTED, endedAt: null, nextAttemptAt: null },
  ...{ blockedBy: null, acceptedBy: null, onBehalfOf: null, error: null, result: null, snapshot: null },
  ...{ request: {}, traceparent: 't', tracestate: null, mayHaveActed: false },
  ...{ negativeReads: 0, throttledMs: 0 },
};

const error = serviceError('internal', 'x', 'wxa/submit_audit');
const submitted: AttemptDecision = {
  ...{ kind: 'succeeded', result: { $case: 'submitAudit', value: { auditId: 7n } } },
};
const again: AttemptDecision = { kind: 'retry', error, afterMs: 0 };
const failed: AttemptDecision = { kind: 'failed', error };
const doubtful: AttemptDecision = { kind: 'in-doubt', error };
const done: AttemptDecision = { kind: 'succeeded', result: undefined };

const opened = { kind: 'opened', auditId: '7' };
const [dated, found] = [SENT, STARTED].map((submittedAt) => ({ ...opened, submittedAt }));
const acted = { mayHaveActed: true };
const denied = (negativeReads: number) => ({ negativeReads });
const notOpened = { kind: 'not-opened' };
const withdrawn = expect.objectContaining({ kind: 'withdrawn', auditId: '6' });

it.each<[string, string, AttemptDecision, Partial<AttemptFacts>, boolean, unknown]>([
  ['An audit is dated by its call.', 'SubmitAudit', submitted, { sentAt: SENT }, true, dated],
  ['An audit that a read found is dated by the first attempt.', 'SubmitAudit', submitted, {}, false, found],
  ['A failed SubmitAudit has opened no audit.', 'SubmitAudit', failed, {}, false, notOpened],
  ['A SubmitAudit to be retried has opened no audit.', 'SubmitAudit', again, {}, false, notOpened],
  ['An attempt that may have acted decides nothing.', 'SubmitAudit', again, acted, false, null],
  ['An earlier attempt that may have acted decides nothing.', 'SubmitAudit', again, {}, true, null],
  ['Three negative reads show that none was opened.', 'SubmitAudit', again, denied(3), true, notOpened],
  ['Two negative reads decide nothing.', 'SubmitAudit', again, denied(2), true, null],
  ['A SubmitAudit in doubt decides nothing.', 'SubmitAudit', doubtful, {}, false, null],
  ['Another method opens no audit.', 'Commit', failed, {}, false, null],
  ['UndoAudit withdraws the audit of its snapshot.', 'UndoAudit', done, {}, false, withdrawn],
])('%s', (_title, method, decision, facts, mayHaveActed, effect) => {
  const operation = { ...RELEASE, method, mayHaveActed, snapshot: { auditId: '6' } };
  const { auditEffect } = settlement(operation, decision, {
    ...{ sent: true, now: new Date('2026-01-01T00:00:10Z'), delayed: false, mayHaveActed: false },
    ...{ reconcileInMs: 0, negativeReads: 0, ...facts },
  });
  expect(auditEffect).toEqual(effect);
});

it('Fenced, forgotten and unresolved results have a line with the ids of their operation', () => {
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  const operation = { ...RELEASE, acceptedBy: 'shop', traceparent };
  const row = { ...RELEASE, state: 'SUCCEEDED', event: null, auditEffect: null };
  const lines: object[] = [];
  const write = (fields: object, msg: string) => lines.push({ msg, ...fields });
  const logger = { level: 'info', debug: write, info: write, warn: write, error: write, fatal: write };
  const report = new SettlementReport(logger, 'all');
  report.fenced(row as unknown as SettlementWithAudits, operation);
  report.forgotten(row as unknown as SettlementWithAudits, false, operation);
  report.needsOperator({ ...operation, checks: 1, reads: 1, mayActUntil: null }, 'no read shows it');
  const ids = { operation: RELEASE.id, appid: RELEASE.appid, method: 'Release', caller: 'shop' };
  const known = { ...ids, trace_id: 'a'.repeat(32) };
  const outcome = { state: 'SUCCEEDED' };
  expect(lines).toEqual([
    { msg: 'settlement fenced', ...known, claim: 1 },
    { msg: 'claim forgotten', ...known, claim: 1, is_stored: false, outcome, audit_effect: null },
    { msg: 'awaiting resolution', ...known, why: 'no read shows it' },
  ]);
});
