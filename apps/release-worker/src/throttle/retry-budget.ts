import { BUDGET } from './retry-policy.js';

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
