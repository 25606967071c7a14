import { API } from '@wxa/wxa-client';
import { defineQuery, map } from '../room.js';
import { auditStatus } from './latest-audit.js';

export const getLatestAuditStatus = defineQuery('GetLatestAuditStatus', {
  api: API.getLatestAuditStatus,
  validate: [],
  call: async (_request, { client, options }) =>
    map(await client.getLatestAuditStatus({}, options), (audit) => ({ audit: auditStatus(audit) })),
});
