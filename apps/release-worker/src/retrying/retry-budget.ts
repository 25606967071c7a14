import { BUDGET } from './retry-policy.js';

/** Calls are taken together over so long: the share counts where there are many, the floor where there are few. */
const REFILL_EVERY_MS = 100;

/**
 * Retries of all lanes of a worker together: a share of its calls, never below a floor, so that a busy WeChat is not
 * kept busy by our own retries and a quiet service still retries.
 */
export class RetryBudget {
  #saved: number = BUDGET.perSecond;
  #calls = 0;
  #refilledAt: number;

  /** @param onAsked hears each time whether a retry was granted. */
  constructor(
    private readonly onAsked: (granted: boolean) => void = () => undefined,
    private readonly now: () => number = () => performance.now(),
    private readonly random: () => number = Math.random,
  ) {
    this.#refilledAt = now();
  }

  /** Notes a call of any kind. */
  called(): void {
    this.#calls += 1;
  }

  /** 0: a retry may be made; else in how many milliseconds to ask again, which differs from lane to lane. */
  take(): number {
    this.#refill();
    const granted = this.#saved >= 1;
    this.onAsked(granted);
    if (!granted) return BUDGET.askAgainMs * (0.5 + this.random());
    this.#saved -= 1;
    return 0;
  }

  #refill(): void {
    const passedMs = this.now() - this.#refilledAt;
    if (passedMs < REFILL_EVERY_MS) return;
    const earned = Math.max((passedMs / 1000) * BUDGET.perSecond, this.#calls * BUDGET.share);
    this.#saved = Math.min(BUDGET.maxSaved, this.#saved + earned);
    this.#refilledAt += passedMs;
    this.#calls = 0;
  }
}
