import { VisitStatus } from '@wxa/contracts';
import { API } from '@wxa/wxa-client';
import { field, specified } from '../checks.js';
import { reasonField } from '../fields.js';
import { defineChange, executedIf, map, withoutResult } from '../room.js';

const isOpen = (status: VisitStatus) => status === VisitStatus.VISIT_STATUS_OPEN;

export const changeVisitStatus = defineChange('ChangeVisitStatus', {
  api: API.changeVisitStatus,
  validate: [field('status', (r) => r.status, specified), reasonField],
  call: async ({ status }, { client, options }) =>
    withoutResult(await client.changeVisitStatus({ visible: isOpen(status) }, options)),
  reconcile: {
    api: API.getVisitStatus,
    check: async ({ request: { status } }, { client, options }) =>
      map(await client.getVisitStatus({}, options), ({ visible }) => executedIf(visible === isOpen(status))),
    mayHaveHeldBefore: true,
    isIdempotentSet: true,
    duplicateCodes: [],
  },
});
