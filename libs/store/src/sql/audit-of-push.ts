import type { AuditEntity } from '../entities/audit.entity.js';
import type { AuditDecision, RecentAudit } from './audits.js';

/** WeChat tells whole seconds, and its clock agrees with ours to about a second. */
export const CLOCKS_MS = 2_000;
/** An end learnt by asking is known a while after it was decided; the next audit takes longer than this. */
const NEXT_AUDIT_MS = 60_000;

/** WeChat gives up pushing within the hour: a time older than this is no time at all. */
const OLDEST_MS = 7 * 24 * 3600 * 1000;

/**
 * When a push's verdict was given, as far as that finds its audit. A push with a time long past speaks of the
 * present: WeChat would not send it now.
 */
export function decidedAtOf({ decidedAt }: AuditDecision, now: number): number {
  const at = decidedAt.getTime();
  return at < now - OLDEST_MS ? now : at;
}

/**
 * The audit a push speaks of, among those of its mini-program, newest first. WeChat has one audit of a mini-program
 * open at a time, so it is the one that was submitted last when the push's verdict was given. Undefined: it is none
 * of these, but one made outside this service. Where there was none before, an open one is meant by whatever comes.
 */
export function auditOfPush(
  audits: RecentAudit[],
  verdict: AuditDecision,
  now = Date.now(),
): AuditEntity | undefined {
  const decidedAt = decidedAtOf(verdict, now);
  const lateMs = (audit: AuditEntity) => audit.submittedAt.getTime() - decidedAt;
  const latest = audits.filter((audit) => lateMs(audit) <= 0).slice(0, 1);
  const withinClocks = audits.filter((audit) => lateMs(audit) > 0 && lateMs(audit) < CLOCKS_MS);
  const candidates = [...latest, ...withinClocks.toReversed()];
  const pending = () => candidates.find((audit) => expectsPush(audit, verdict, decidedAt));
  const published = () => candidates.find((audit) => isDuplicate(audit, verdict, decidedAt));
  // A verdict is told once, and a copy of its push is known by its key. No audit is delayed in its first seconds.
  const found = verdict.state === 'DELAYED' ? (published() ?? pending()) : (pending() ?? published());
  return found ?? audits.find((audit) => audit.isFirst && audit.state === 'OPEN');
}

/** It is open, or its end was learnt by asking and this is its push, come late. */
function expectsPush(audit: AuditEntity, verdict: AuditDecision, decidedAt: number): boolean {
  if (audit.state === 'OPEN') return true;
  const isLate = audit.source !== 'CALLBACK' && audit.state === verdict.state;
  return isLate && afterEndMs(audit, decidedAt) < NEXT_AUDIT_MS;
}

/** It has ended, no earlier than this was said. */
function isDuplicate(audit: AuditEntity, verdict: AuditDecision, decidedAt: number): boolean {
  const isPublished = audit.source === 'CALLBACK' || verdict.state === 'DELAYED';
  return isPublished && afterEndMs(audit, decidedAt) < CLOCKS_MS;
}

function afterEndMs(audit: AuditEntity, atMs: number): number {
  return atMs - (audit.decidedAt?.getTime() ?? atMs);
}
