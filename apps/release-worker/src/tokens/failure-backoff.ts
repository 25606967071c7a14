const MAX_KEYS = 10_000;
const FIRST_MS = 1_000;

/** Negative cache with exponential back-off: a key that failed is not retried before its back-off has passed. */
export class FailureBackoff {
  readonly #failed = new Map<string, { times: number; until: number; reason: string }>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** The error of a key that is backing off; undefined if it may be retried. */
  why(key: string): string | undefined {
    const failed = this.#failed.get(key);
    return failed !== undefined && this.now() < failed.until ? failed.reason : undefined;
  }

  failed(key: string, reason: string, atMostMs: number): void {
    const times = (this.#failed.get(key)?.times ?? 0) + 1;
    if (this.#failed.size >= MAX_KEYS) this.#failed.clear();
    this.#failed.set(key, {
      times,
      reason,
      until: this.now() + Math.min(FIRST_MS * 2 ** (times - 1), atMostMs),
    });
  }

  succeeded(key: string): void {
    this.#failed.delete(key);
  }
}
