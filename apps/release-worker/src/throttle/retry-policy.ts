const BASE_MS = 500;
const CAP_MS = 30_000;
/** Base after WeChat's rate limit, which a short back-off would hit again. */
const RATE_BASE_MS = 2_000;
/** WeChat's privacy check of a commit takes about a minute. */
const PRIVACY_CHECK_MS = 60_000;
const PRIVACY_CHECK_JITTER_MS = 10_000;

/** Exponential back-off with full jitter: 0 to 0.5 s × 2ⁿ, at most 30 s, so that many lanes do not retry together. */
export function backoffMs(attempts: number, random: () => number = Math.random): number {
  return Math.floor(random() * Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempts, 10)));
}

/** Exponential back-off with jitter after WeChat's rate limit: 1 s to 31 s. */
export function rateBackoffMs(attempts: number, random: () => number = Math.random): number {
  return 1_000 + Math.floor(random() * Math.min(CAP_MS, RATE_BASE_MS * 2 ** Math.min(attempts, 10)));
}

/** At least 60 s. */
export function privacyCheckMs(random: () => number = Math.random): number {
  return PRIVACY_CHECK_MS + Math.floor(random() * PRIVACY_CHECK_JITTER_MS);
}

/** Whether a change fails on an exhausted daily quota or is delayed until midnight in China. */
export type DailyQuota = 'fail' | 'delay';

/** Exhausted quotas: an API's daily calls; a mini-program's withdrawals per day (or month). */
const DAILY_QUOTA_CODES: ReadonlySet<number> = new Set([45009, 87013]);
const DAY_MS = 24 * 3_600_000;
/** WeChat's quotas reset at midnight in China: UTC+8 without daylight saving time. */
const CHINA_MS = 8 * 3_600_000;
/** Tolerance for WeChat's clock. */
const CLOCKS_MS = 60_000;
/** In the first hour of a day the previous day's quota may still apply, so it is retried soon. */
const FIRST_HOUR_MS = 3_600_000;
const FIRST_HOUR_WAIT_MS = 600_000;

export function isDailyQuota(errcode: number): boolean {
  return DAILY_QUOTA_CODES.has(errcode);
}

/** Milliseconds until a daily quota resets, 1 minute after midnight in China. @param now epoch milliseconds. */
export function untilDayTurnsMs(now: number): number {
  const sinceMidnight = (now + CHINA_MS) % DAY_MS;
  if (sinceMidnight < CLOCKS_MS) return CLOCKS_MS - sinceMidnight;
  if (sinceMidnight < FIRST_HOUR_MS) return FIRST_HOUR_WAIT_MS;
  return DAY_MS - sinceMidnight + CLOCKS_MS;
}
