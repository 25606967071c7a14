import type { AuditEntity } from '../entities/audit.entity.js';
import type { Verdict } from './audits.js';

/** WeChat tells whole seconds, and its clock agrees with ours to about a second. */
export const CLOCKS_MS = 2_000;
/** An end learnt by asking is known a while after it was decided; the next audit takes longer than this. */
const NEXT_AUDIT_MS = 60_000;

/**
 * The audit a push speaks of, among those of its mini-program, newest first. WeChat has one audit of a mini-program
 * open at a time, so it is the one that was submitted last when the push's verdict was given. Undefined: it is none
 * of these, but one made outside this service.
 */
export function auditOfPush(audits: AuditEntity[], verdict: Verdict): AuditEntity | undefined {
  const decidedAt = verdict.decidedAt.getTime();
  const lateMs = (audit: AuditEntity) => audit.submittedAt.getTime() - decidedAt;
  const underWay = audits.find((audit) => lateMs(audit) <= 0);
  const inThatMoment = audits.filter((audit) => lateMs(audit) > 0 && lateMs(audit) < CLOCKS_MS);
  return [underWay, ...inThatMoment.toReversed()].find(
    (audit) => audit !== undefined && fits(audit, verdict),
  );
}

/** What is said of an audit that has ended is old news, unless it was said after that end. */
function fits({ state, source, decidedAt }: AuditEntity, verdict: Verdict): boolean {
  if (state === 'OPEN' || decidedAt === null) return true;
  const afterMs = verdict.decidedAt.getTime() - decidedAt.getTime();
  if (source === 'CALLBACK' || verdict.state === 'DELAYED') return afterMs < CLOCKS_MS;
  return state === verdict.state && afterMs < NEXT_AUDIT_MS;
}
