import { RolloutHold_Cause as Cause } from '@wxa/contracts';
import { ROOMS } from '@wxa/methods';
import type {
  CallerLimit,
  Count,
  PlatformLimits,
  Progress,
  QuotaSnapshot,
  RolloutContext,
} from '../rollout.js';
import { countOf, inFlightOf, isInFlight } from './counts.js';

const SUBMIT_API = ROOMS.SubmitAudit.api;

/** A limit on the submissions of a rollout. */
export interface SubmitLimit {
  cause: Cause;
  /** How many may still be admitted; 0 or less means none. */
  room: number;
  /** The numbers, as a sentence. */
  detail: string;
  /** The next read of the quota may change it. */
  isOfQuota: boolean;
}

/** All limits on submissions at present; the smallest room counts. */
export function submitLimits(
  { spec }: Pick<RolloutContext, 'spec'>,
  progress: Progress,
  limits: PlatformLimits,
): SubmitLimit[] {
  const inFlight = inFlightOf(progress.waves, 'SUBMIT_AUDIT');
  const allInFlight = inFlight + limits.otherSubmissions;
  // One in doubt, or that waits for its lane, may stay so: it must not stop the probes of the whole platform.
  const probes = countOf(progress.waves, isProbe) + limits.otherProbes;
  const { maxSubmissions = 0, reserve = 0, maxOpenAudits = 0 } = spec.auditBudget ?? {};
  const found: SubmitLimit[] = [...quotaLimits(limits, probes)];
  const add = (cause: Cause, room: number, detail: string, isOfQuota = false) =>
    found.push({ cause, room, detail, isOfQuota });
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
  { caller }: Pick<PlatformLimits, 'caller'>,
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

const isProbe = ({ step, state }: Count): boolean => step === 'SUBMIT_AUDIT' && state === 'RUNNING';

/** WeChat's refusals with 85085: nothing while the API is stopped, then probes. */
function quotaLimits({ stops, probeWidth }: PlatformLimits, probes: number): SubmitLimit[] {
  if (stops.some(({ api, byQuota }) => api === SUBMIT_API && byQuota))
    return [
      {
        cause: Cause.CAUSE_AUDIT_QUOTA,
        room: 0,
        detail: 'WeChat refused a submission with 85085',
        isOfQuota: true,
      },
    ];
  if (probeWidth === 0) return [];
  const detail = `probes in flight ${probes}, at most ${probeWidth} after an 85085`;
  return [{ cause: Cause.CAUSE_AUDIT_QUOTA, room: probeWidth - probes, detail, isOfQuota: true }];
}

/** Whether WeChat reports the quota: an answer of 0/0 means that it does not. */
export function isKnown(quota: QuotaSnapshot | null): quota is QuotaSnapshot {
  return quota !== null && (quota.rest > 0 || quota.limit > 0);
}

/** How many speed-ups may still be requested, besides those in flight; 0 or more. `canSpeedUp` of the context: more than 0. */
export function speedUpRoom(
  { spec }: Pick<RolloutContext, 'spec'>,
  progress: Progress,
  { quota }: Pick<PlatformLimits, 'quota'>,
): number {
  const inFlight = inFlightOf(progress.waves, 'AUDIT');
  const byBudget = (spec.auditBudget?.maxSpeedUps ?? 0) - progress.speedUps - inFlight;
  const isReported = quota !== null && (quota.speedupRest !== 0 || quota.speedupLimit > 0);
  const byQuota = isReported ? quota.speedupRest - inFlight : Number.POSITIVE_INFINITY;
  return Math.max(0, Math.min(byBudget, byQuota));
}

/** As many as a rollout can have in flight: a wider probe limits nothing. */
const MAX_WIDTH = 2_000;

/** The `probe_width` after a submission has succeeded: double, or 0 for no limit. It begins with 1 when the stop is lifted. */
export const probeWidthAfter = (width: number): number => (width * 2 >= MAX_WIDTH ? 0 : width * 2);
