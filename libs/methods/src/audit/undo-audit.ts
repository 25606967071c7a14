import { API, type AuditStatus } from '@wxa/wxa-client';
import { reasonField } from '../fields.js';
import { EXPECTED_AUDIT_ID, expectedAudit } from '../preconditions.js';
import {
  type Comparison,
  defineChange,
  executedIf,
  inconclusive,
  map,
  NO_SNAPSHOT,
  withoutResult,
} from '../room.js';
import { auditSnapshot, latestAudit } from './latest-audit.js';

export const undoAudit = defineChange('UndoAudit', {
  api: API.undoAudit,
  validate: [EXPECTED_AUDIT_ID, reasonField],
  preconditions: [expectedAudit(API.undoAudit)],
  call: async (_request, { client, options }) => withoutResult(await client.undoAudit({}, options)),
  reconcile: {
    api: API.getLatestAuditStatus,
    snapshot: auditSnapshot,
    check: async ({ snapshot }, context) =>
      map(await latestAudit(context), (latest) => compare(snapshot, latest)),
    duplicateCodes: [85019, 87013],
  },
});

function compare(before: Record<string, string> | null, latest: AuditStatus | undefined): Comparison {
  if (before === null) return NO_SNAPSHOT;
  const wasOpen = before.state === 'PENDING' || before.state === 'DELAYED';
  // An open audit does not disappear in any other way.
  if (latest === undefined) return executedIf(wasOpen);
  if (String(latest.auditId) !== before.auditId)
    return inconclusive('another audit was submitted in the meantime');
  return executedIf(latest.state === 'WITHDRAWN' && before.state !== 'WITHDRAWN');
}
