const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** The oldest snapshot while submissions of rollouts wait. */
const MAX_AGE_MS = 10 * MINUTE_MS;
/** A query without an answer for this long is replaced by one through another mini-program. */
const REPLACED_AFTER_MS = 2 * MINUTE_MS;
const RETRY_MS = 10_000;
/** After a submission, so that those that follow it are counted too. */
const AFTER_SUBMISSION_MS = MINUTE_MS;

/** What decides whether the audit quota is read now, and what follows from the last answer. Times by the clock of Postgres. */
export interface QuotaState {
  now: Date;
  /** Of the snapshot; null if it was never read. */
  observedAt: Date | null;
  /** Null also if an operator lifted the stop after the last read: the snapshot is unknown then. */
  rest: number | null;
  limit: number | null;
  /** The last query of this service; `isOpen`: it has no answer yet. */
  asked: { at: Date; isOpen: boolean } | null;
  /** The last answer to any GetAuditQuota: proto3 JSON of GetAuditQuotaResponse. `at`: when it was asked for, or later. */
  answer: { result: Record<string, number>; at: Date } | null;
  /** The stop of wxa/submit_audit because WeChat's quota is exhausted; `isOfOperator`: that of an operator lasts too. */
  stop: { since: Date; isOfOperator: boolean } | null;
  /** Whether submissions of running rollouts are to come in their open waves. */
  isWaitedFor: boolean;
  /** The last SubmitAudit that WeChat accepted. */
  submitted: { appid: string; at: Date } | null;
}

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
