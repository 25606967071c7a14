import { API, type Api, type AuditStatus, type WxaError } from '@wxa/wxa-client';
import { latestAudit } from './audit/latest-audit.js';
import { characters, field, number, oneLine, type Rule } from './checks.js';
import { type CallContext, type CallResult, type Precondition, unsent } from './room.js';

// WeChat itself has no preconditions: each of these changes acts on what WeChat has at that time.

interface ExpectedAudit {
  /** With 0 any audit is accepted. */
  expectedAuditId: bigint;
  /** If it is empty, any version is accepted. */
  expectedUserVersion?: string;
}

interface ExpectedVersion {
  /** If it is empty, any version is accepted. */
  expectedUserVersion: string;
}

export const EXPECTED_AUDIT_ID: Rule<ExpectedAudit> = field(
  'expected_audit_id',
  (r) => r.expectedAuditId,
  number(0n),
);

export const EXPECTED_USER_VERSION: Rule<ExpectedVersion> = field(
  'expected_user_version',
  (r) => r.expectedUserVersion,
  characters(0, 64),
  oneLine,
);

/**
 * Allows a change only if the audit that was submitted last is the expected one.
 * @param api the API of the change.
 * @param mustBe `APPROVED` for a change that publishes the version approved last.
 */
export function expectedAudit(api: Api, mustBe?: 'APPROVED'): Precondition<ExpectedAudit> {
  return {
    api: API.getLatestAuditStatus,
    applies: ({ expectedAuditId, expectedUserVersion = '' }) =>
      expectedAuditId !== 0n || expectedUserVersion !== '',
    check: async (request, context) => {
      const read = await latestAudit(context);
      if (read.kind !== 'ok') return unsent(read);
      const mismatch =
        read.value === undefined
          ? noAudit(request)
          : ((await mismatchOf(request, read.value, context)) ?? mismatchOfState(read.value, mustBe));
      return mismatch === undefined ? undefined : versionMismatch(mismatch, api);
    },
  };
}

/**
 * Allows a change only if the trial version, or the live one (`release`), has the expected name.
 * @param api the API of the change.
 */
export function expectedVersion(api: Api, which: 'trial' | 'release'): Precondition<ExpectedVersion> {
  const subject = which === 'trial' ? 'trial' : 'live';
  return {
    api: API.getVersionInfo,
    applies: ({ expectedUserVersion }) => expectedUserVersion !== '',
    check: async ({ expectedUserVersion }, { client, options }) => {
      const read = await client.getVersionInfo({}, options);
      if (read.kind !== 'ok') return unsent(read);
      const version = read.value[which]?.version;
      if (version === expectedUserVersion) return undefined;
      const found =
        version === undefined ? `there is no ${subject} version` : `the ${subject} version is "${version}"`;
      const errmsg = `${found}, not "${expectedUserVersion}"`;
      const args = { subject: VERSION_OF[which], found: version ?? '', expected: expectedUserVersion };
      return versionMismatch({ errmsg, args }, api);
    },
  };
}

/** As in the arguments of the error. */
const VERSION_OF = { trial: 'TRIAL_VERSION', release: 'LIVE_VERSION' } as const;

const PRECONDITIONS: ReadonlySet<string> = new Set([
  'VERSION_MISMATCH',
  'COMMIT_MISSING',
  'INTERFACE_NOT_APPLICABLE',
]);

/** Whether a precondition does not hold. */
export function failsPrecondition({ reason }: Pick<WxaError, 'reason'>): boolean {
  return PRECONDITIONS.has(reason);
}

async function mismatchOf(
  { expectedAuditId, expectedUserVersion = '' }: ExpectedAudit,
  latest: AuditStatus,
  context: CallContext,
): Promise<Mismatch | undefined> {
  if (expectedAuditId !== 0n && latest.auditId !== expectedAuditId)
    return {
      errmsg: `the audit submitted last is ${latest.auditId}, not ${expectedAuditId}`,
      args: { subject: 'LATEST_AUDIT', found: String(latest.auditId), expected: String(expectedAuditId) },
    };
  if (expectedUserVersion === '') return undefined;
  const version = latest.userVersion || (await context.versionOfAudit(latest.auditId));
  if (version === expectedUserVersion) return undefined;
  return {
    errmsg: `the version audited last is ${version === '' ? 'not known' : `"${version}"`}, not "${expectedUserVersion}"`,
    args: { subject: 'AUDITED_VERSION', found: version, expected: expectedUserVersion },
  };
}

function mismatchOfState({ auditId, state }: AuditStatus, mustBe?: 'APPROVED'): Mismatch | undefined {
  if (mustBe === undefined || state === mustBe) return undefined;
  const errmsg = `the audit ${auditId} is ${state}, not ${mustBe}`;
  return { errmsg, args: { subject: 'AUDIT_STATE', found: state, expected: mustBe } };
}

function noAudit({ expectedAuditId, expectedUserVersion = '' }: ExpectedAudit): Mismatch {
  const expected = expectedAuditId === 0n ? expectedUserVersion : String(expectedAuditId);
  return { errmsg: 'no audit exists', args: { subject: 'LATEST_AUDIT', found: '', expected } };
}

/** What does not hold, as a sentence and by its values. */
interface Mismatch {
  errmsg: string;
  args: { subject: string; found: string; expected: string };
}

function versionMismatch({ errmsg, args }: Mismatch, api: Api): CallResult<never> {
  const error: WxaError = {
    errcode: 0,
    errmsg,
    arguments: args,
    rid: '',
    reason: 'VERSION_MISMATCH',
    category: 'STATE',
    retryable: false,
    hint: 'The call was not sent. Look up the versions and the latest audit of the mini-program, then send what you want.',
    api,
  };
  return { kind: 'error', error, sent: false };
}
