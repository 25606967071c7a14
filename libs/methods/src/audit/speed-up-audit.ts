import { API, type AuditStatus } from '@wxa/wxa-client';
import { field, number } from '../checks.js';
import { reasonField } from '../fields.js';
import { type Comparison, defineChange, inconclusive, map, withoutResult } from '../room.js';

export const speedUpAudit = defineChange('SpeedUpAudit', {
  api: API.speedUpAudit,
  validate: [field('audit_id', (r) => r.auditId, number(1n)), reasonField],
  call: async ({ auditId }, { client, options }) =>
    withoutResult(await client.speedUpAudit({ auditId }, options)),
  reconcile: {
    api: API.getAuditStatus,
    check: async ({ request: { auditId } }, { client, options }) =>
      map(await client.getAuditStatus({ auditId }, options), compare),
    duplicateCodes: [],
    provingCodes: [89404],
  },
});

/** No read shows a speed-up. While the audit is open, a duplicate is rejected with 89404, which proves the first call. */
function compare({ state }: AuditStatus): Comparison {
  return state === 'PENDING' || state === 'DELAYED'
    ? { kind: 'retry-proves', why: 'the deadline passed before a retry could prove the execution' }
    : inconclusive(`the audit is ${state}, so a retry cannot prove the execution`);
}
