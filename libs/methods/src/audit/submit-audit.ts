import type { RequestOf } from '@wxa/contracts';
import { API, type AuditStatus } from '@wxa/wxa-client';
import { EXPECTED_USER_VERSION, expectedVersion } from '../preconditions.js';
import {
  type Comparison,
  defineChange,
  inconclusive,
  map,
  NO_SNAPSHOT,
  NOT_EXECUTED,
  type Precondition,
  unsent,
} from '../room.js';
import { isPrivacyCheckRunning } from '../service-errors.js';
import { SUBMIT_AUDIT_RULES } from './audit-items.js';
import { auditSnapshot, latestAudit } from './latest-audit.js';

/**
 * Delays a submission while WeChat's privacy check of the committed code runs, because WeChat would reject it (61039).
 * Any other result does not delay it: the submission itself shows the problem.
 */
const privacyCheckCompleted: Precondition<RequestOf<'SubmitAudit'>> = {
  api: API.getPrivacyCheck,
  applies: ({ waitForPrivacyCheck }) => waitForPrivacyCheck,
  check: async (_request, { client, options }) => {
    const check = await client.getPrivacyCheck({}, options);
    if (check.kind === 'ok') return undefined;
    return check.kind !== 'error' || isPrivacyCheckRunning(check) ? unsent(check) : undefined;
  },
};

export const submitAudit = defineChange('SubmitAudit', {
  api: API.submitAudit,
  validate: [...SUBMIT_AUDIT_RULES, EXPECTED_USER_VERSION],
  preconditions: [expectedVersion(API.submitAudit, 'trial'), privacyCheckCompleted],
  failsWithoutQuota: ({ failWithoutQuota }) => failWithoutQuota,
  call: ({ preview, ugcDeclaration, ...request }, { client, options }) =>
    client.submitAudit(
      { ...request, ...(preview && { preview }), ...(ugcDeclaration && { ugcDeclaration }) },
      options,
    ),
  reconcile: {
    api: API.getLatestAuditStatus,
    snapshot: auditSnapshot,
    check: async ({ request, snapshot }, context) => {
      const version = request.expectedUserVersion || (await context.committedVersion());
      return map(await latestAudit(context), (latest) => compare(snapshot, latest, version));
    },
    // WeChat rejects a duplicate while the first audit is open, and accepts it once that was decided.
    beforeRetry: 'once-answered',
    duplicateCodes: [85009],
  },
});

function compare(
  before: Record<string, string> | null,
  latest: AuditStatus | undefined,
  /** The version that was submitted; empty if it is unknown. */
  submitted: string,
): Comparison<{ auditId: bigint }> {
  if (before === null) return NO_SNAPSHOT;
  if (latest === undefined || String(latest.auditId) === before.auditId) return NOT_EXECUTED;
  const isOther = submitted !== '' && latest.userVersion !== '' && latest.userVersion !== submitted;
  if (isOther) return inconclusive(`a new audit exists, but for version "${latest.userVersion}"`);
  return { kind: 'executed', result: { auditId: latest.auditId } };
}
