import { API } from '@wxa/wxa-client';
import { versionInfo } from '../release/version-info.js';
import { defineQuery, map } from '../room.js';

export const getVersionInfo = defineQuery('GetVersionInfo', {
  api: API.getVersionInfo,
  validate: [],
  call: async (_request, { client, options }) =>
    map(await client.getVersionInfo({}, options), ({ trial, release }) => ({
      trial: trial && versionInfo(trial),
      release: release && versionInfo(release),
    })),
});
