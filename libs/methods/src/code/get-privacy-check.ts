import { API } from '@wxa/wxa-client';
import { defineQuery, map } from '../room.js';
import { isPrivacyCheckRunning } from '../service-errors.js';

export const getPrivacyCheck = defineQuery('GetPrivacyCheck', {
  api: API.getPrivacyCheck,
  validate: [],
  call: async (_request, { client, options }) => {
    const found = await client.getPrivacyCheck({}, options);
    return isPrivacyCheckRunning(found)
      ? { kind: 'ok', value: { done: false, withoutAuth: [], withoutConf: [] } }
      : map(found, (lists) => ({ done: true, ...lists }));
  },
});
