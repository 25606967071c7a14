import { AuditState, type AuditStatus, type OperationResult } from '@wxa/contracts';
import type { AuditEffect, ClaimedOperation, Verdict } from '@wxa/store';

const OBSERVED: Partial<Record<AuditState, Verdict['state']>> = {
  [AuditState.AUDIT_STATE_APPROVED]: 'APPROVED',
  [AuditState.AUDIT_STATE_REJECTED]: 'REJECTED',
  [AuditState.AUDIT_STATE_WITHDRAWN]: 'WITHDRAWN',
  [AuditState.AUDIT_STATE_DELAYED]: 'DELAYED',
};

/** Far above any reason of WeChat's. Its event holds the text twice and must fit a Kafka message of 1 MiB. */
const MAX_SAID_BYTES = 256 * 1024;
const KEPT_CHARACTERS = 10_000;

/**
 * What a success means for its mini-program's audits: whatever brings a status home, the audit learns of it.
 * An audit that an unconfirmed try may have opened is as old as the first try, so that no push is older.
 */
export function auditEffect(
  { method, mayHaveActed, startedAt }: ClaimedOperation,
  result: OperationResult | undefined,
  now: Date,
): AuditEffect | null {
  if (method === 'UndoAudit') return { kind: 'withdrawn', verdict: verdict('WITHDRAWN', 'OPERATION', now) };
  switch (result?.$case) {
    case 'submitAudit':
      return {
        kind: 'opened',
        auditId: String(result.value.auditId),
        submittedAt: mayHaveActed ? (startedAt ?? now) : now,
      };
    case 'getAuditStatus':
    case 'getLatestAuditStatus':
      return observed(result.value.audit, now);
    default:
      return null;
  }
}

function observed(audit: AuditStatus | undefined, now: Date): AuditEffect | null {
  const state = audit && OBSERVED[audit.state];
  if (audit === undefined || state === undefined) return null;
  return {
    kind: 'observed',
    auditId: String(audit.auditId),
    verdict: { ...verdict(state, 'POLL', now), ...said(audit) },
  };
}

/** What Kafka would never take is cut: one such event would hold up all that come after it. */
function said({ reason, screenshots }: AuditStatus): Pick<Verdict, 'reason' | 'screenshots'> {
  if (Buffer.byteLength(JSON.stringify([reason, screenshots])) <= MAX_SAID_BYTES)
    return { reason, screenshots };
  const characters = [...reason.slice(0, 2 * KEPT_CHARACTERS)];
  return { reason: characters.slice(0, KEPT_CHARACTERS).join(''), screenshots: [] };
}

function verdict(state: Verdict['state'], source: Verdict['source'], decidedAt: Date): Verdict {
  return { state, source, decidedAt, reason: '', screenshots: [], originalId: '' };
}
