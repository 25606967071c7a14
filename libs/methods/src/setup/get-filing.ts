import { FilingRequirement, FilingState } from '@wxa/contracts';
import { API } from '@wxa/wxa-client';
import { defineQuery, map } from '../room.js';

export const getFiling = defineQuery('GetFiling', {
  api: API.getFiling,
  validate: [],
  call: async (_request, { client, options }) =>
    map(await client.getFiling({}, options), ({ status, ...filing }) => ({
      ...filing,
      state: stateOf(status),
      missing: status < NOT_FILED ? [] : REQUIREMENTS.filter((_, i) => (status - NOT_FILED) & (1 << i)),
      number: status,
    })),
});

/** From here on WeChat adds a bit for each requirement that is missing. */
const NOT_FILED = 1024;

/** In the order of WeChat's bits. */
const REQUIREMENTS = [
  FilingRequirement.FILING_REQUIREMENT_PROFILE,
  FilingRequirement.FILING_REQUIREMENT_CATEGORY,
  FilingRequirement.FILING_REQUIREMENT_VERIFICATION,
];

const STATES: Record<number, FilingState> = {
  2: FilingState.FILING_STATE_WECHAT_REVIEWS,
  3: FilingState.FILING_STATE_WECHAT_REFUSED,
  4: FilingState.FILING_STATE_AUTHORITY_REVIEWS,
  5: FilingState.FILING_STATE_AUTHORITY_REFUSED,
  6: FilingState.FILING_STATE_FILED,
};

function stateOf(status: number): FilingState {
  if (status >= NOT_FILED) return FilingState.FILING_STATE_NOT_FILED;
  return STATES[status] ?? FilingState.FILING_STATE_UNSPECIFIED;
}
