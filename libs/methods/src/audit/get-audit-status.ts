import { API } from '@wxa/wxa-client';
import { field, number } from '../checks.js';
import { defineQuery, map } from '../room.js';
import { auditStatus } from './latest-audit.js';

export const getAuditStatus = defineQuery('GetAuditStatus', {
  api: API.getAuditStatus,
  validate: [field('audit_id', (r) => r.auditId, number(1n))],
  call: async ({ auditId }, { client, options }) =>
    map(await client.getAuditStatus({ auditId }, options), (audit) => ({ audit: auditStatus(audit) })),
});
