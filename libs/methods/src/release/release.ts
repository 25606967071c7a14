import type { RequestOf } from '@wxa/contracts';
import { API, type AuditStatus, type VersionInfo, type WxaError } from '@wxa/wxa-client';
import { latestAudit } from '../audit/latest-audit.js';
import { characters, field, number, oneLine } from '../checks.js';
import {
  type CallContext,
  type CallResult,
  type Comparison,
  defineChange,
  EXECUTED,
  inconclusive,
  isSame,
  map,
  NO_SNAPSHOT,
  NOT_EXECUTED,
  type Precondition,
  withoutResult,
} from '../room.js';
import { releaseSnapshot, releaseValues } from './version-info.js';

const NO_AUDIT_YET = 85058;

/**
 * Allows a release only if the latest audit is the expected one and approved: WeChat publishes the version that was approved
 * last, and has no such precondition itself.
 */
const expectedVersion: Precondition<'Release'> = {
  api: API.getLatestAuditStatus,
  applies: ({ expectedAuditId, expectedUserVersion }) => expectedAuditId !== 0n || expectedUserVersion !== '',
  check: async (request, context) => {
    const latest = await context.client.getLatestAuditStatus({}, context.options);
    if (latest.kind === 'ok') {
      const mismatch = await findMismatch(request, latest.value, context);
      return mismatch === undefined ? undefined : versionMismatch(mismatch);
    }
    if (latest.error.errcode === NO_AUDIT_YET) return versionMismatch('no audit exists');
    // Nothing was released, and a read without an answer can be repeated.
    if (latest.kind === 'ambiguous')
      return { kind: 'retryable', cause: 'connect', error: latest.error, sent: false };
    return { ...latest, sent: false };
  },
};

export const release = defineChange('Release', {
  api: API.release,
  validate: [
    field('expected_audit_id', (r) => r.expectedAuditId, number(0n)),
    field('expected_user_version', (r) => r.expectedUserVersion, characters(0, 64), oneLine),
  ],
  precondition: expectedVersion,
  call: async (_request, { client, options }) => withoutResult(await client.release({}, options)),
  reconcile: {
    api: API.getVersionInfo,
    snapshot: releaseSnapshot,
    check: async ({ snapshot }, context) => {
      const versions = await context.client.getVersionInfo({}, context.options);
      if (versions.kind !== 'ok') return versions;
      return map(await latestAudit(context), (latest) => compare(snapshot, versions.value.release, latest));
    },
    duplicateCodes: [85019, 85020],
  },
});

/** @param latest the latest audit: a release publishes the version that was approved last. */
function compare(
  before: Record<string, string> | null,
  released: VersionInfo | undefined,
  latest: AuditStatus | undefined,
): Comparison {
  if (before === null) return NO_SNAPSHOT;
  if (isSame(releaseValues(released), before)) return NOT_EXECUTED;
  const approved = latest?.state === 'APPROVED' ? latest.userVersion : '';
  const isOther = approved !== '' && released?.version !== approved;
  return isOther ? inconclusive(`version "${released?.version}" was released, not "${approved}"`) : EXECUTED;
}

async function findMismatch(
  { expectedAuditId, expectedUserVersion }: RequestOf<'Release'>,
  latest: AuditStatus,
  context: CallContext,
): Promise<string | undefined> {
  if (expectedAuditId !== 0n && latest.auditId !== expectedAuditId) {
    return `the audit submitted last is ${latest.auditId}, not ${expectedAuditId}`;
  }
  if (expectedUserVersion !== '') {
    const version = latest.userVersion || (await context.versionOfAudit(latest.auditId));
    if (version !== expectedUserVersion) {
      return `the version audited last is ${version === '' ? 'not known' : `"${version}"`}, not "${expectedUserVersion}"`;
    }
  }
  return latest.state === 'APPROVED'
    ? undefined
    : `the audit ${latest.auditId} is ${latest.state}, not APPROVED`;
}

function versionMismatch(errmsg: string): CallResult<never> {
  const error: WxaError = {
    errcode: 0,
    errmsg,
    rid: '',
    reason: 'VERSION_MISMATCH',
    category: 'STATE',
    retryable: false,
    hint: 'The release was not sent. Look up the latest audit, then release the version you want.',
    api: API.release,
  };
  return { kind: 'error', error, sent: false };
}
