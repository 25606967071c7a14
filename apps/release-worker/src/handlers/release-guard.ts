import type { RequestOf } from '@wxa/contracts';
import type { AuditStatus, WxaError } from '@wxa/wxa-client';
import type { CallContext, CallResult, Precondition } from './wechat.js';

const NO_AUDIT_YET = 85058;

/**
 * Lets a release go only if the audit submitted last is the expected one and approved: WeChat releases whatever was
 * approved last, and has no such guard of its own.
 */
export const RELEASE_GUARD: Precondition<'Release'> = {
  api: 'wxa/get_latest_auditstatus',
  applies: ({ expectedAuditId, expectedUserVersion }) => expectedAuditId !== 0n || expectedUserVersion !== '',
  check: async (request, wechat) => {
    const latest = await wechat.client.getLatestAuditStatus({}, wechat.options);
    if (latest.kind === 'ok') {
      const mismatch = await findMismatch(request, latest.value, wechat);
      return mismatch === undefined ? undefined : versionMismatch(mismatch);
    }
    if (latest.error.errcode === NO_AUDIT_YET) return versionMismatch('there was no audit yet');
    // Nothing was released: a question without an answer may be asked again, whatever became of it.
    if (latest.kind === 'ambiguous')
      return { kind: 'retryable', cause: 'connect', error: latest.error, sent: false };
    return { ...latest, sent: false };
  },
};

async function findMismatch(
  { expectedAuditId, expectedUserVersion }: RequestOf<'Release'>,
  latest: AuditStatus,
  wechat: CallContext,
): Promise<string | undefined> {
  if (expectedAuditId !== 0n && latest.auditId !== expectedAuditId) {
    return `the audit submitted last is ${latest.auditId}, not ${expectedAuditId}`;
  }
  if (expectedUserVersion !== '') {
    const version = latest.userVersion || (await wechat.versionOfAudit(latest.auditId));
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
    hint: 'The release was not sent: look up the latest audit, then release what you mean to release.',
    api: 'wxa/release',
  };
  return { kind: 'error', error, sent: false };
}
