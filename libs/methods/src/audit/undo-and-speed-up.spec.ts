import { describe, expect, it } from '@jest/globals';
import { GetAuditStatusRequest, SpeedUpAuditRequest, UndoAuditRequest } from '@wxa/contracts';
import type { AuditState, AuditStatus } from '@wxa/wxa-client';
import { answers, audit, concluded, invalidFields, latestAuditIs, snapshotOf } from '../fixtures/wechat.js';
import { getAuditStatus } from './get-audit-status.js';
import { speedUpAudit } from './speed-up-audit.js';
import { undoAudit } from './undo-audit.js';

describe('UndoAudit, reconciled', () => {
  const open = audit(7n, 'DELAYED');

  it.each<[string, AuditStatus | undefined | null, AuditStatus | undefined, string]>([
    ['the open audit is withdrawn', open, audit(7n, 'WITHDRAWN'), 'executed'],
    ['the audit is still open', open, audit(7n, 'PENDING'), 'not-executed'],
    ['the audit was decided in the meantime', open, audit(7n, 'APPROVED'), 'not-executed'],
    ['the audit was withdrawn before', audit(7n, 'WITHDRAWN'), audit(7n, 'WITHDRAWN'), 'not-executed'],
    ['there is a newer audit', open, audit(8n, 'WITHDRAWN'), 'inconclusive'],
    ['there has never been an audit', undefined, undefined, 'not-executed'],
    ['the open audit does not exist any more', audit(7n, 'PENDING'), undefined, 'executed'],
    ['an ended audit does not exist any more', audit(7n, 'REJECTED'), undefined, 'not-executed'],
    ['there is no snapshot', null, audit(7n, 'WITHDRAWN'), 'inconclusive'],
  ])('If %s, the withdrawal is %s.', async (...[, before, latest, kind]) => {
    const snapshot = before === null ? null : await snapshotOf(undoAudit, latestAuditIs(before));
    expect(await concluded(undoAudit, { snapshot }, latestAuditIs(latest))).toMatchObject({ kind });
  });
});

it('The expected_audit_id is not negative.', () => {
  const fields = (expectedAuditId: bigint) =>
    invalidFields(undoAudit, UndoAuditRequest.fromPartial({ expectedAuditId }));
  expect([fields(0n), fields(7n), fields(-1n)]).toEqual([[], [], ['expected_audit_id']]);
});

it.each<[AuditState, string]>([
  ['PENDING', 'retry-proves'],
  ['DELAYED', 'retry-proves'],
  ['APPROVED', 'inconclusive'],
  ['WITHDRAWN', 'inconclusive'],
])('For an audit that is %s the conclusion is %s.', async (state, kind) => {
  const client = { getAuditStatus: answers(audit(7n, state)) };
  const request = SpeedUpAuditRequest.fromPartial({ auditId: 7n });
  expect(await concluded(speedUpAudit, { request }, client)).toMatchObject({ kind });
});

it.each([
  [1n, []],
  [0n, ['audit_id']],
  [-1n, ['audit_id']],
])('The audit_id %p has the violations %j.', (auditId, fields) => {
  expect(invalidFields(speedUpAudit, SpeedUpAuditRequest.fromPartial({ auditId }))).toEqual(fields);
  expect(invalidFields(getAuditStatus, GetAuditStatusRequest.fromPartial({ auditId }))).toEqual(fields);
});
