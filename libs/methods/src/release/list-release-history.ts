import type { ReleasedVersion } from '@wxa/contracts';
import { API, type ReleasedVersion as WxaReleasedVersion } from '@wxa/wxa-client';
import { defineQuery, map } from '../room.js';

export const listReleaseHistory = defineQuery('ListReleaseHistory', {
  api: API.listReleaseHistory,
  validate: [],
  call: async (_request, { client, options }) =>
    map(await client.listReleaseHistory({}, options), ({ versions }) => ({
      versions: versions.map(releasedVersion),
    })),
});

function releasedVersion({ appVersion, committedAt, ...version }: WxaReleasedVersion): ReleasedVersion {
  return { ...version, appVersion: String(appVersion), commitTime: committedAt };
}
