import type { AuditDecision } from '@wxa/contracts';
import { AuditState, type AuditStatus, type OperationResult } from '@wxa/contracts';
import type { AuditEffect, ClaimedOperation, ObservedAudit } from '@wxa/store';

const OBSERVED: Partial<Record<AuditState, AuditDecision['state']>> = {
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
 * @param sentAt when the call was sent whose answer this is; undefined where it was learnt by asking: then any try
 *   since the first may have been the one, and no push may be older than its audit.
 */
export function auditEffect(
  { method, snapshot, startedAt }: ClaimedOperation,
  result: OperationResult | undefined,
  now: Date,
  sentAt: Date | undefined,
): AuditEffect | null {
  if (method === 'UndoAudit') {
    const told = auditDecision('WITHDRAWN', 'OPERATION', now);
    return { kind: 'withdrawn', auditId: snapshot?.auditId || undefined, decision: told };
  }
  switch (result?.$case) {
    case 'submitAudit':
      return {
        kind: 'opened',
        auditId: String(result.value.auditId),
        submittedAt: sentAt ?? startedAt ?? now,
      };
    case 'getAuditStatus':
    case 'getLatestAuditStatus':
      return observedAudit(result.value.audit, now);
    default:
      return null;
  }
}

/** How an audit that WeChat told of has ended, or that it is delayed; null while it is pending. */
export function observedAudit(audit: AuditStatus | undefined, now: Date): ObservedAudit | null {
  const state = audit && OBSERVED[audit.state];
  if (audit === undefined || state === undefined) return null;
  return {
    kind: 'observed',
    auditId: String(audit.auditId),
    decision: { ...auditDecision(state, 'POLL', now), ...boundedReason(audit) },
  };
}

/** What Kafka would never take is cut: one such event would hold up all that come after it. */
function boundedReason({ reason, screenshots }: AuditStatus): Pick<AuditDecision, 'reason' | 'screenshots'> {
  if (Buffer.byteLength(JSON.stringify([reason, screenshots])) <= MAX_SAID_BYTES)
    return { reason, screenshots };
  const characters = [...reason.slice(0, 2 * KEPT_CHARACTERS)];
  return { reason: characters.slice(0, KEPT_CHARACTERS).join(''), screenshots: [] };
}

function auditDecision(
  state: AuditDecision['state'],
  source: AuditDecision['source'],
  decidedAt: Date,
): AuditDecision {
  return { state, source, decidedAt, reason: '', screenshots: [], originalId: '' };
}
