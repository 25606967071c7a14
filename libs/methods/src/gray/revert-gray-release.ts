import { API, type GrayReleasePlan } from '@wxa/wxa-client';
import { reasonField } from '../fields.js';
import { EXPECTED_AUDIT_ID, expectedAudit } from '../preconditions.js';
import {
  type Comparison,
  defineChange,
  EXECUTED,
  inconclusive,
  map,
  NOT_EXECUTED,
  withoutResult,
} from '../room.js';

export const revertGrayRelease = defineChange('RevertGrayRelease', {
  api: API.revertGrayRelease,
  validate: [EXPECTED_AUDIT_ID, reasonField],
  preconditions: [expectedAudit(API.revertGrayRelease)],
  call: async (_request, { client, options }) => withoutResult(await client.revertGrayRelease({}, options)),
  reconcile: {
    api: API.getGrayReleasePlan,
    check: async (_facts, { client, options }) =>
      map(await client.getGrayReleasePlan({}, options), ({ plan }) => compare(plan)),
    mayHaveHeldBefore: true,
    duplicateCodes: [],
  },
});

function compare(plan: GrayReleasePlan | undefined): Comparison {
  switch (plan?.status) {
    case undefined:
    case 'INITIAL':
    case 'DELETED':
      return EXECUTED;
    case 'RUNNING':
    case 'PAUSED':
      return NOT_EXECUTED;
    default:
      return inconclusive(`the gray release is ${plan?.status}`);
  }
}
