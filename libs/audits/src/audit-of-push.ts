import type { AuditDecision } from '@wxa/contracts';
import type { RecentAudit } from './audits.js';
import type { StoredAudit } from './stored-audit.js';

/** WeChat's times are whole seconds, and its clock differs from ours by about a second. */
export const CLOCKS_MS = 2_000;
/** A polled decision is found some time after WeChat made it; the next audit takes longer than this. */
const NEXT_AUDIT_MS = 60_000;

/** WeChat redelivers a callback for less than an hour, so an older time is not reliable. */
const OLDEST_MS = 7 * 24 * 3600 * 1000;

/**
 * The decision time by which a callback is matched to its audit. A callback dated more than 7 days ago is taken as current,
 * because WeChat would not send it any more.
 */
export function decidedAtOf({ decidedAt }: AuditDecision, now: number): number {
  const at = decidedAt.getTime();
  return at < now - OLDEST_MS ? now : at;
}

/**
 * The audit that a callback belongs to, among those of its mini-program, newest first. WeChat has at most one open audit per
 * mini-program, so it is the last one submitted before the decision. Undefined: the audit was made outside this service. If
 * the mini-program had no audit before, any callback is matched to the open one.
 */
export function auditOfPush(
  audits: RecentAudit[],
  decision: AuditDecision,
  now = Date.now(),
): StoredAudit | undefined {
  const decidedAt = decidedAtOf(decision, now);
  const lateMs = (audit: StoredAudit) => audit.submittedAt.getTime() - decidedAt;
  const latest = audits.filter((audit) => lateMs(audit) <= 0).slice(0, 1);
  const withinClocks = audits.filter((audit) => lateMs(audit) > 0 && lateMs(audit) < CLOCKS_MS);
  const candidates = [...latest, ...withinClocks.toReversed()];
  const pending = () => candidates.find((audit) => expectsPush(audit, decision, decidedAt));
  const published = () => candidates.find((audit) => isDuplicate(audit, decision, decidedAt));
  // WeChat sends one callback per decision, and a duplicate is recognized by its key. No audit is delayed in its first seconds.
  const found = decision.state === 'DELAYED' ? (published() ?? pending()) : (pending() ?? published());
  return found ?? audits.find((audit) => audit.isFirst && audit.state === 'OPEN');
}

/** The audit is open, or its decision was polled and this is the late callback of it. */
function expectsPush(audit: StoredAudit, decision: AuditDecision, decidedAt: number): boolean {
  if (audit.state === 'OPEN') return true;
  const isLate = audit.source !== 'CALLBACK' && audit.state === decision.state;
  return isLate && afterEndMs(audit, decidedAt) < NEXT_AUDIT_MS;
}

/** The audit has ended, no earlier than the decision of this callback. */
function isDuplicate(audit: StoredAudit, decision: AuditDecision, decidedAt: number): boolean {
  const isPublished = audit.source === 'CALLBACK' || decision.state === 'DELAYED';
  return isPublished && afterEndMs(audit, decidedAt) < CLOCKS_MS;
}

function afterEndMs(audit: StoredAudit, atMs: number): number {
  return atMs - (audit.decidedAt?.getTime() ?? atMs);
}
