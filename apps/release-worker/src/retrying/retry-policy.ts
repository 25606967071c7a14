// Every number and rule of trying again is here; what applies them stands beside it.

/** Waits longer than this are spent in Postgres: no Kafka offset is held for more. */
export const MAX_LANE_WAIT_MS = 30_000;

/** How many retries all lanes of a worker may make together. */
export const BUDGET = {
  /** Of all calls. */
  share: 0.2,
  /** Never fewer a second, so that a quiet service still retries. */
  perSecond: 10,
  /** What a busy time may save up. */
  maxSaved: 100,
  /** A lane that got none asks again after this, give or take half of it. */
  askAgainMs: 500,
} as const;

/** When a worker makes no more calls because WeChat can't be reached, and how it finds out that it can be again. */
export const BREAKER = {
  windowSeconds: 10,
  /** Fewer calls in the window say nothing. */
  minCalls: 20,
  /** It opens when more than this share of them had no answer. */
  share: 0.5,
  /** A probe begins at least so long after the one before has ended, over all workers: WeChat never sees two a second. */
  probeAfterMs: 1_000,
  /** One probe, connect to last byte. */
  probeTimeoutMs: 5_000,
} as const;

const BASE_MS = 500;
const CAP_MS = 30_000;
/** WeChat said "too often": a moment's wait is no use. */
const RATE_BASE_MS = 2_000;
/** WeChat's privacy check of a commit takes about a minute. */
const PRIVACY_CHECK_MS = 60_000;
const PRIVACY_CHECK_JITTER_MS = 10_000;

/** Full jitter: anywhere between now and 0.5 s × 2ⁿ, at most 30 s, so that many lanes do not come back together. */
export function backoffMs(tries: number, random: () => number = Math.random): number {
  return Math.floor(random() * Math.min(CAP_MS, BASE_MS * 2 ** Math.min(tries, 10)));
}

/** As backoffMs, but at least 1 s. */
export function rateBackoffMs(tries: number, random: () => number = Math.random): number {
  return 1_000 + Math.floor(random() * Math.min(CAP_MS, RATE_BASE_MS * 2 ** Math.min(tries, 10)));
}

/** At least 60 s. */
export function privacyCheckMs(random: () => number = Math.random): number {
  return PRIVACY_CHECK_MS + Math.floor(random() * PRIVACY_CHECK_JITTER_MS);
}

/** Whether a change that met a daily quota fails at once or waits until WeChat's day turns. */
export type DailyQuota = 'fail' | 'delay';

/** The calls of an API for today; the withdrawals of a mini-program for today (or this month). */
const DAILY_QUOTA_CODES: ReadonlySet<number> = new Set([45009, 87013]);
const DAY_MS = 24 * 3_600_000;
/** WeChat's days are China's, which is 8 hours ahead and keeps no summer time. */
const CHINA_MS = 8 * 3_600_000;
/** WeChat's clock may be behind ours by so much. */
const CLOCKS_MS = 60_000;
/** In the first hour of a day a quota may still be the old day's: it is tried again soon. */
const FIRST_HOUR_MS = 3_600_000;
const FIRST_HOUR_WAIT_MS = 600_000;

export function isDailyQuota(errcode: number): boolean {
  return DAILY_QUOTA_CODES.has(errcode);
}

/** How long a daily quota stays used up: until a minute past midnight in China. @param now epoch milliseconds. */
export function untilDayTurnsMs(now: number): number {
  const sinceMidnight = (now + CHINA_MS) % DAY_MS;
  if (sinceMidnight < CLOCKS_MS) return CLOCKS_MS - sinceMidnight;
  if (sinceMidnight < FIRST_HOUR_MS) return FIRST_HOUR_WAIT_MS;
  return DAY_MS - sinceMidnight + CLOCKS_MS;
}
