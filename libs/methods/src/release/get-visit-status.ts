import { VisitStatus } from '@wxa/contracts';
import { API } from '@wxa/wxa-client';
import { defineQuery, map } from '../room.js';

export const getVisitStatus = defineQuery('GetVisitStatus', {
  api: API.getVisitStatus,
  validate: [],
  call: async (_request, { client, options }) =>
    map(await client.getVisitStatus({}, options), ({ visible }) => ({
      status: visible ? VisitStatus.VISIT_STATUS_OPEN : VisitStatus.VISIT_STATUS_CLOSED,
    })),
});
