/** Waits longer than this are spent in Postgres: no Kafka offset is held for more. */
export const MAX_LANE_WAIT_MS = 30_000;

const BASE_MS = 500;
const CAP_MS = 30_000;
/** WeChat said "too often": a moment's wait is no use. */
const RATE_BASE_MS = 2_000;
/** 61039: WeChat's privacy check of a commit takes about a minute. */
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
