import { RolloutHold_Cause as Cause } from '@wxa/contracts';
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
  /** The numbers, as a sentence. */
  detail: string;
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
  const add = (cause: Cause, room: number, detail: string, isOfQuota = false) =>
    found.push({ cause, room, detail, isOfQuota });
  const { maxSubmissionsPerDay: perDay = 0 } = spec.continuous ?? {};
  if (perDay > 0) {
    const { submissions, endsAt: until } = progress.today;
    const used = submissions + inFlight;
    const detail = `audits submitted today or in flight ${used}, max_submissions_per_day ${perDay}`;
    found.push({ cause: Cause.CAUSE_AUDIT_BUDGET, room: perDay - used, detail, isOfQuota: false, until });
  }
  if (maxSubmissions > 0) {
    const used = progress.submissions + inFlight;
    add(
      Cause.CAUSE_AUDIT_BUDGET,
      maxSubmissions - used,
      `audits submitted or in flight ${used}, max_submissions ${maxSubmissions}`,
    );
  }
  if (maxOpenAudits > 0) {
    // A submission that has just succeeded counts twice until its target has moved.
    const open = limits.openAudits + inFlight;
    add(
      Cause.CAUSE_OPEN_AUDITS,
      maxOpenAudits - open,
      `audits open or in flight ${open}, max_open_audits ${maxOpenAudits}`,
    );
  }
  if (limits.callerAudits !== null) {
    const { name, most, used } = limits.callerAudits;
    const has = `caller ${name} has ${used + inFlight} audits this month, of at most ${most}`;
    add(Cause.CAUSE_CALLER_LIMIT, most - used - inFlight, has);
  }
  if (!limits.canReadQuota) return found;
  const { quotaProblem } = limits;
  const why = quotaProblem === null ? '' : ` (GetAuditQuota failed: ${quotaProblem})`;
  // The first read is under way, and every submission before it may be one of the reserve.
  if (reserve > 0 && !limits.isQuotaRead)
    add(Cause.CAUSE_AUDIT_BUDGET, 0, `the audit quota is not read yet${why}, reserve ${reserve}`, true);
  if (isKnown(limits.quota)) {
    const left = limits.quota.rest - limits.quota.submittedSince - allInFlight;
    add(Cause.CAUSE_AUDIT_BUDGET, left - reserve, `audits left ${left}${why}, reserve ${reserve}`, true);
  }
  return found;
}

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

/** The numbers of a limit that leaves no room, as a sentence. */
export function callerDetail(
  { waves }: Pick<Progress, 'waves'>,
  { name, unfinished, used }: CallerLimit,
): string {
  const has = `caller ${name} has ${used + countOf(waves, isInFlight)} unfinished operations`;
  return `${has}, rollouts may use ${shareOfRollouts(unfinished)} of ${unfinished}`;
}

/** WeChat's refusals with 85085: nothing while the API is stopped, then few at a time. */
function quotaLimits({ stops, isJustLifted }: TurnLimits, inFlight: number): SubmitLimit[] {
  if (stops.some(({ api, byQuota }) => api === SUBMIT_API && byQuota))
    return [
      {
        cause: Cause.CAUSE_AUDIT_QUOTA,
        room: 0,
        detail: 'WeChat refused a submission with 85085',
        isOfQuota: true,
      },
    ];
  if (!isJustLifted) return [];
  const detail = `submissions in flight ${inFlight}, at most ${MAX_AFTER_LIFT} in the hour after an 85085`;
  return [{ cause: Cause.CAUSE_AUDIT_QUOTA, room: MAX_AFTER_LIFT - inFlight, detail, isOfQuota: true }];
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
