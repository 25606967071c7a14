// All limits and rules of retries.

/** Longer delays are spent in Postgres, so that no Kafka offset stays uncommitted for longer. */
export const MAX_LANE_WAIT_MS = 30_000;

/** The retry budget of all lanes of a worker. */
export const BUDGET = {
  share: 0.2,
  /** Minimum per second, so that a quiet service still retries. */
  perSecond: 10,
  /** Maximum of unused retries. */
  maxSaved: 100,
  /** Delay before a lane's next request, ± 50 %. */
  retryMs: 500,
} as const;

/** When the circuit breaker opens, and its half-open probes. */
export const BREAKER = {
  windowSeconds: 10,
  minCalls: 20,
  /** It opens if more than this share of them had no answer. */
  share: 0.5,
  /** Minimum time between the end of a probe and the next one, over all workers. */
  probeAfterMs: 1_000,
  /** One probe, connect to last byte. */
  probeTimeoutMs: 5_000,
} as const;

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

/** Refill interval: the share applies if it had many calls, the minimum if it had few. */
const REFILL_EVERY_MS = 100;

/**
 * The retries of all lanes of a worker: a share of its calls, with a minimum rate, so that retries do not add to
 * WeChat's load and a quiet service still retries.
 */
export class RetryBudget {
  #saved: number = BUDGET.perSecond;
  #calls = 0;
  #refilledAt: number;

  /** @param onRequest is called with whether a retry was granted. */
  constructor(
    private readonly onRequest: (granted: boolean) => void = () => undefined,
    private readonly now: () => number = () => performance.now(),
    private readonly random: () => number = Math.random,
  ) {
    this.#refilledAt = now();
  }

  /** Counts a call of any kind. */
  called(): void {
    this.#calls += 1;
  }

  /** 0 if a retry is granted; otherwise milliseconds until the next request, with jitter. */
  take(): number {
    this.#refill();
    const granted = this.#saved >= 1;
    this.onRequest(granted);
    if (!granted) return BUDGET.retryMs * (0.5 + this.random());
    this.#saved -= 1;
    return 0;
  }

  #refill(): void {
    const elapsedMs = this.now() - this.#refilledAt;
    if (elapsedMs < REFILL_EVERY_MS) return;
    const earned = Math.max((elapsedMs / 1000) * BUDGET.perSecond, this.#calls * BUDGET.share);
    this.#saved = Math.min(BUDGET.maxSaved, this.#saved + earned);
    this.#refilledAt += elapsedMs;
    this.#calls = 0;
  }
}
