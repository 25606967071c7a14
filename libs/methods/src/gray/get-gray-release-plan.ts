import { GrayReleaseStatus } from '@wxa/contracts';
import { API, type GrayReleasePlan } from '@wxa/wxa-client';
import { defineQuery, map } from '../room.js';

export const getGrayReleasePlan = defineQuery('GetGrayReleasePlan', {
  api: API.getGrayReleasePlan,
  validate: [],
  call: async (_request, { client, options }) =>
    map(await client.getGrayReleasePlan({}, options), ({ plan }) => ({ plan: plan && planMessage(plan) })),
});

function planMessage({ status, percentage, createdAt, defaultFinishAt, ...first }: GrayReleasePlan) {
  return {
    percentage,
    supportDebuggerFirst: first.supportDebuggerFirst ?? false,
    supportExperiencerFirst: first.supportExperiencerFirst ?? false,
    status: GrayReleaseStatus[`GRAY_RELEASE_STATUS_${status}`],
    createTime: createdAt,
    defaultFinishTime: defaultFinishAt,
  };
}
