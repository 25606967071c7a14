import { API, type AuditStatus, type VersionInfo } from '@wxa/wxa-client';
import { latestAudit } from '../audit/latest-audit.js';
import { reasonField } from '../fields.js';
import { EXPECTED_AUDIT_ID, EXPECTED_USER_VERSION, expectedAudit } from '../preconditions.js';
import {
  type Comparison,
  defineChange,
  EXECUTED,
  inconclusive,
  isSame,
  map,
  NO_SNAPSHOT,
  NOT_EXECUTED,
  withoutResult,
} from '../room.js';
import { releaseSnapshot, releaseValues } from './version-info.js';

export const release = defineChange('Release', {
  api: API.release,
  validate: [EXPECTED_AUDIT_ID, EXPECTED_USER_VERSION, reasonField],
  preconditions: [expectedAudit(API.release, 'APPROVED')],
  call: async (_request, { client, options }) => withoutResult(await client.release({}, options)),
  reconcile: {
    api: API.getVersionInfo,
    snapshot: releaseSnapshot,
    check: async ({ snapshot }, context) => {
      const versions = await context.client.getVersionInfo({}, context.options);
      if (versions.kind !== 'ok') return versions;
      const { release: released } = versions.value;
      if (snapshot === null) return { kind: 'ok', value: NO_SNAPSHOT };
      if (isSame(releaseValues(released), snapshot)) return { kind: 'ok', value: NOT_EXECUTED };
      await context.reserve(API.getLatestAuditStatus);
      return map(await latestAudit(context), (latest) => compare(released, latest));
    },
    duplicateCodes: [85019, 85020],
  },
});

/** Whose release changed the version. @param latest the latest audit: a release publishes the version that was approved last. */
function compare(released: VersionInfo | undefined, latest: AuditStatus | undefined): Comparison {
  const approved = latest?.state === 'APPROVED' ? latest.userVersion : '';
  const isOther = approved !== '' && released?.version !== approved;
  return isOther ? inconclusive(`version "${released?.version}" was released, not "${approved}"`) : EXECUTED;
}
