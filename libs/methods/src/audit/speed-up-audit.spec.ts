import { describe, expect, it } from '@jest/globals';
import { GetAuditStatusRequest, SpeedUpAuditRequest } from '@wxa/contracts';
import type { AuditState } from '@wxa/wxa-client';
import { answers, audit, concluded, invalidFields } from '../fixtures/wechat.js';
import { getAuditStatus } from './get-audit-status.js';
import { speedUpAudit } from './speed-up-audit.js';

describe('SpeedUpAudit, reconciled', () => {
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
});

describe('SpeedUpAuditRequest and GetAuditStatusRequest', () => {
  it.each([
    [1n, []],
    [0n, ['audit_id']],
    [-1n, ['audit_id']],
  ])('The audit_id %p has the violations %j.', (auditId, fields) => {
    expect(invalidFields(speedUpAudit, SpeedUpAuditRequest.fromPartial({ auditId }))).toEqual(fields);
    expect(invalidFields(getAuditStatus, GetAuditStatusRequest.fromPartial({ auditId }))).toEqual(fields);
  });
});
