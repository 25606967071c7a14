import { RolloutHold_Cause as Cause, type Explained, explanationOf } from '@wxa/contracts';
import { ROOMS } from '@wxa/methods';
import type { CallerLimit, Progress, QuotaSnapshot, RolloutContext, TurnLimits } from '../rollout.js';
import { countOf, inFlightOf, isInFlight } from './counts.js';

const SUBMIT_API = ROOMS.SubmitAudit.api;
/** Submissions of all rollouts in flight within an hour after a lift: as many are refused if WeChat still has no audits left. */
const MAX_AFTER_LIFT = 10;

/** A limit on the submissions of a rollout. */
export interface SubmitLimit {
  cause: Cause;
  /** How many may still be admitted; 0 or less means none. */
  room: number;
  /** The numbers. */
  why: Explained;
  /** The next read of the quota may change it. */
  isOfQuota: boolean;
  /** When it ends by time alone. */
  until?: Date;
}

/** All limits on submissions at present; the smallest room counts. */
export function submitLimits(
  { spec }: Pick<RolloutContext, 'spec'>,
  progress: Progress,
  limits: TurnLimits,
): SubmitLimit[] {
  const inFlight = inFlightOf(progress.waves, 'SUBMIT_AUDIT');
  const allInFlight = inFlight + limits.otherSubmissions;
  const { maxSubmissions = 0, reserve = 0, maxOpenAudits = 0 } = spec.auditBudget ?? {};
  const found: SubmitLimit[] = [...quotaLimits(limits, allInFlight)];
  const add = (cause: Cause, room: number, why: Explained, isOfQuota = false) =>
    found.push({ cause, room, why, isOfQuota });
  const { maxSubmissionsPerDay: perDay = 0 } = spec.continuous ?? {};
  if (perDay > 0) {
    const { submissions, endsAt: until } = progress.today;
    const used = submissions + inFlight;
    const why = explanationOf('SUBMISSIONS_OF_DAY', { used, limit: perDay });
    found.push({ cause: Cause.CAUSE_AUDIT_BUDGET, room: perDay - used, why, isOfQuota: false, until });
  }
  if (maxSubmissions > 0) {
    const used = progress.submissions + inFlight;
    const why = explanationOf('SUBMISSIONS', { used, limit: maxSubmissions });
    add(Cause.CAUSE_AUDIT_BUDGET, maxSubmissions - used, why);
  }
  if (maxOpenAudits > 0) {
    // A submission that has just succeeded counts twice until its target has moved.
    const used = limits.openAudits + inFlight;
    add(
      Cause.CAUSE_OPEN_AUDITS,
      maxOpenAudits - used,
      explanationOf('OPEN_AUDITS', { used, limit: maxOpenAudits }),
    );
  }
  if (limits.callerAudits !== null) {
    const { name, most } = limits.callerAudits;
    const used = limits.callerAudits.used + inFlight;
    add(
      Cause.CAUSE_CALLER_LIMIT,
      most - used,
      explanationOf('CALLER_AUDITS', { caller: name, used, limit: most }),
    );
  }
  if (!limits.canReadQuota) return found;
  const { quotaProblem: problem } = limits;
  // A read is under way, and every submission before it may be one of the reserve.
  if (reserve > 0 && !limits.isQuotaRead) add(Cause.CAUSE_AUDIT_BUDGET, 0, unread(reserve, problem), true);
  if (isKnown(limits.quota)) {
    const left = limits.quota.rest - limits.quota.submittedSince - allInFlight;
    add(Cause.CAUSE_AUDIT_BUDGET, left - reserve, reserved(left, reserve, problem), true);
  }
  return found;
}

/** @param problem why the last read of the quota failed; null if it did not. */
const unread = (limit: number, problem: string | null): Explained =>
  problem === null
    ? explanationOf('QUOTA_UNREAD', { limit })
    : explanationOf('QUOTA_UNREADABLE', { limit, problem });

const reserved = (left: number, limit: number, problem: string | null): Explained =>
  problem === null
    ? explanationOf('QUOTA_RESERVED', { left, limit })
    : explanationOf('QUOTA_RESERVED_UNREADABLE', { left, limit, problem });

/** Half of the limit stays for the caller's own calls. */
const shareOfRollouts = (unfinished: number): number => Math.max(1, Math.floor(unfinished / 2));

/** How many operations the caller who acts may have accepted besides; 0 or less means none. */
export function callerRoom(
  { waves }: Pick<Progress, 'waves'>,
  { caller }: Pick<TurnLimits, 'caller'>,
): number {
  if (caller === null) return Number.POSITIVE_INFINITY;
  return shareOfRollouts(caller.unfinished) - caller.used - countOf(waves, isInFlight);
}

/** The numbers of a limit that leaves no room. */
export function whyCallerWaits(
  { waves }: Pick<Progress, 'waves'>,
  { name: caller, unfinished, used: ofOthers }: CallerLimit,
): Explained {
  const used = ofOthers + countOf(waves, isInFlight);
  return explanationOf('CALLER_UNFINISHED', { caller, used, limit: shareOfRollouts(unfinished), unfinished });
}

/** WeChat's refusals with 85085: nothing while the API is stopped, then few at a time. */
function quotaLimits({ stops, isJustLifted }: TurnLimits, inFlight: number): SubmitLimit[] {
  if (stops.some(({ api, byQuota }) => api === SUBMIT_API && byQuota))
    return [
      {
        cause: Cause.CAUSE_AUDIT_QUOTA,
        room: 0,
        why: explanationOf('QUOTA_EXHAUSTED'),
        isOfQuota: true,
      },
    ];
  if (!isJustLifted) return [];
  const why = explanationOf('QUOTA_LIFTED', { used: inFlight, limit: MAX_AFTER_LIFT });
  return [{ cause: Cause.CAUSE_AUDIT_QUOTA, room: MAX_AFTER_LIFT - inFlight, why, isOfQuota: true }];
}

/** Whether WeChat reports the quota: an answer of 0/0 means that it does not. */
export function isKnown(quota: QuotaSnapshot | null): quota is QuotaSnapshot {
  return quota !== null && (quota.rest > 0 || quota.limit > 0);
}

/** How many speed-ups may still be requested, besides those in flight; 0 or more. `canSpeedUp` of the context: more than 0. */
export function speedUpRoom(
  { spec }: Pick<RolloutContext, 'spec'>,
  progress: Progress,
  { quota, callerSpeedUps }: Pick<TurnLimits, 'quota' | 'callerSpeedUps'>,
): number {
  const inFlight = inFlightOf(progress.waves, 'AUDIT');
  const byBudget = (spec.auditBudget?.maxSpeedUps ?? 0) - progress.speedUps - inFlight;
  const isReported = quota !== null && (quota.speedupRest !== 0 || quota.speedupLimit > 0);
  const byQuota = isReported ? quota.speedupRest - inFlight : Number.POSITIVE_INFINITY;
  const byCaller = callerSpeedUps === null ? byBudget : callerSpeedUps.most - callerSpeedUps.used;
  return Math.max(0, Math.min(byBudget, byQuota, byCaller));
}
