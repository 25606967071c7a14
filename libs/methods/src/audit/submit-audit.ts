import { API, type AuditStatus } from '@wxa/wxa-client';
import {
  type Comparison,
  defineChange,
  inconclusive,
  map,
  NO_SNAPSHOT,
  NOT_EXECUTED,
  type Precondition,
} from '../room.js';
import { isPrivacyCheckRunning } from '../service-errors.js';
import { SUBMIT_AUDIT_RULES } from './audit-items.js';
import { auditSnapshot, latestAudit } from './latest-audit.js';

/**
 * Delays a submission while WeChat's privacy check of the committed code runs, because WeChat would reject it (61039).
 * Any other result does not delay it: the submission itself shows the problem.
 */
const privacyCheckCompleted: Precondition<'SubmitAudit'> = {
  api: API.getPrivacyCheck,
  applies: ({ waitForPrivacyCheck }) => waitForPrivacyCheck,
  check: async (_request, { client, options }) => {
    const check = await client.getPrivacyCheck({}, options);
    switch (check.kind) {
      case 'ok':
        return undefined;
      case 'error':
        return isPrivacyCheckRunning(check) ? { ...check, sent: false } : undefined;
      case 'retryable':
        return { ...check, sent: false };
      case 'ambiguous':
        // Nothing was submitted, and a read without an answer can be repeated.
        return { kind: 'retryable', cause: 'connect', error: check.error, sent: false };
    }
  },
};

export const submitAudit = defineChange('SubmitAudit', {
  api: API.submitAudit,
  validate: SUBMIT_AUDIT_RULES,
  precondition: privacyCheckCompleted,
  call: ({ preview, ugcDeclaration, ...request }, { client, options }) =>
    client.submitAudit(
      { ...request, ...(preview && { preview }), ...(ugcDeclaration && { ugcDeclaration }) },
      options,
    ),
  reconcile: {
    api: API.getLatestAuditStatus,
    snapshot: auditSnapshot,
    check: async ({ snapshot }, context) => {
      const version = await context.committedVersion();
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
  committed: string,
): Comparison<{ auditId: bigint }> {
  if (before === null) return NO_SNAPSHOT;
  if (latest === undefined || String(latest.auditId) === before.auditId) return NOT_EXECUTED;
  const isOther = committed !== '' && latest.userVersion !== '' && latest.userVersion !== committed;
  if (isOther) return inconclusive(`a new audit exists, but for version "${latest.userVersion}"`);
  return { kind: 'executed', result: { auditId: latest.auditId } };
}
