import type { QuotaState } from '@wxa/operations';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** The oldest snapshot while submissions of rollouts wait. */
const MAX_AGE_MS = 10 * MINUTE_MS;
/** A query without an answer for this long is replaced by one through another mini-program. */
const REPLACED_AFTER_MS = 2 * MINUTE_MS;
const RETRY_MS = 10_000;
/** After a submission, so that those that follow it are counted too. */
const AFTER_SUBMISSION_MS = MINUTE_MS;

/** What one look at the audit quota does. */
export interface QuotaDecision {
  /** Stores the last answer as the snapshot. */
  observes: boolean;
  /** Lifts the stop of wxa/submit_audit: audits are left, or WeChat does not report the quota. */
  liftsStop: boolean;
  /** Reads the quota. */
  asks: boolean;
}

/** When the quota is read again while submissions of rollouts wait: every 10 minutes, or every hour after an 85085. */
export function quotaReadAt(observedAt: Date | null, stop: { since: Date } | null, now: Date): Date {
  const observed = observedAt?.getTime() ?? Number.NEGATIVE_INFINITY;
  if (stop !== null) return new Date(Math.max(stop.since.getTime(), observed) + HOUR_MS);
  return observedAt === null ? now : new Date(observed + MAX_AGE_MS);
}

/** What follows from the state of the quota. */
export function decideQuotaLook(state: QuotaState): QuotaDecision {
  const { now, answer, stop, isWaitedFor } = state;
  const observes = answer !== null && (state.observedAt === null || answer.at > state.observedAt);
  const observedAt = observes ? answer.at : state.observedAt;
  const { rest = 0, limit = 0 } = observes
    ? answer.result
    : { rest: state.rest ?? 0, limit: state.limit ?? 0 };
  const isRead = stop !== null && observedAt !== null && msBetween(stop.since, observedAt) >= HOUR_MS;
  const mayBeLeft = rest > 0 || limit === 0;
  const liftsStop = isRead && mayBeLeft && isWaitedFor && !stop.isOfOperator;
  const snapshotAt = observes || state.rest !== null ? observedAt : null;
  return { observes, liftsStop, asks: !liftsStop && isDue(state, snapshotAt, now) };
}

function isDue({ stop, isWaitedFor, submitted, asked }: QuotaState, observedAt: Date | null, now: Date) {
  if (asked !== null && msBetween(asked.at, now) < (asked.isOpen ? REPLACED_AFTER_MS : RETRY_MS))
    return false;
  if (isWaitedFor && quotaReadAt(observedAt, stop, now) <= now) return true;
  const submittedMs = submitted === null ? 0 : msBetween(submitted.at, now);
  const isAfterSubmission = submittedMs >= AFTER_SUBMISSION_MS && submittedMs <= HOUR_MS;
  return isAfterSubmission && (observedAt === null || msBetween(observedAt, now) >= HOUR_MS);
}

const msBetween = (from: Date, to: Date): number => to.getTime() - from.getTime();
