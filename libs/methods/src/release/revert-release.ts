import { API } from '@wxa/wxa-client';
import { field, matches, optional } from '../checks.js';
import { reasonField } from '../fields.js';
import { EXPECTED_USER_VERSION, expectedVersion } from '../preconditions.js';
import { defineChange, executedIf, isSame, map, NO_SNAPSHOT, withoutResult } from '../room.js';
import { releaseSnapshot, releaseValues } from './version-info.js';

export const revertRelease = defineChange('RevertRelease', {
  api: API.revertRelease,
  validate: [
    field('app_version', (r) => r.appVersion, optional(matches(/^\d{1,18}$/, 'NOT_A_NUMBER'))),
    EXPECTED_USER_VERSION,
    reasonField,
  ],
  preconditions: [expectedVersion(API.revertRelease, 'release')],
  call: async ({ appVersion }, { client, options }) =>
    withoutResult(
      await client.revertRelease(appVersion === '' ? {} : { appVersion: BigInt(appVersion) }, options),
    ),
  reconcile: {
    api: API.getVersionInfo,
    snapshot: releaseSnapshot,
    check: async ({ snapshot }, { client, options }) =>
      map(await client.getVersionInfo({}, options), ({ release }) =>
        snapshot === null ? NO_SNAPSHOT : executedIf(!isSame(releaseValues(release), snapshot)),
      ),
    // A duplicate goes back one more version.
    beforeRetry: 'required',
    duplicateCodes: [87012],
  },
});
