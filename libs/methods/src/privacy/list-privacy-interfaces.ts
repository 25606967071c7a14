import { PrivacyInterfaceState } from '@wxa/contracts';
import { API } from '@wxa/wxa-client';
import { defineQuery, map } from '../room.js';

export const listPrivacyInterfaces = defineQuery('ListPrivacyInterfaces', {
  api: API.listPrivacyInterfaces,
  validate: [],
  call: async (_request, { client, options }) =>
    map(await client.listPrivacyInterfaces({}, options), ({ interfaces }) => ({
      interfaces: interfaces.map(({ state, appliedAt, failReason, ...same }) => ({
        ...same,
        state: PrivacyInterfaceState[`PRIVACY_INTERFACE_STATE_${state}`],
        applyTime: appliedAt,
        refusalReason: failReason,
      })),
    })),
});
