import { API } from '@wxa/wxa-client';
import { defineQuery } from '../room.js';

export const getAuditQuota = defineQuery('GetAuditQuota', {
  api: API.getAuditQuota,
  validate: [],
  call: (_request, { client, options }) => client.getAuditQuota({}, options),
});
