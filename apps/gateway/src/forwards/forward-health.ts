const MINUTE_MS = 60_000;
const HOUR_MINUTES = 60;

/** What a forward has done in the last hour, in memory: the metrics have its past. */
export class ForwardHealth {
  readonly #minutes = new Map<number, { delivered: number; failed: number }>();
  #deliveredAt: number | undefined;
  #failure: { at: number; result: string } | undefined;

  /** @param failed why the target did not take a callback; undefined if it did. */
  add(failed: string | undefined, now = Date.now()): void {
    const minute = Math.floor(now / MINUTE_MS);
    const counts = this.#minutes.get(minute) ?? { delivered: 0, failed: 0 };
    if (failed === undefined) {
      counts.delivered += 1;
      this.#deliveredAt = now;
    } else {
      counts.failed += 1;
      this.#failure = { at: now, result: failed };
    }
    this.#minutes.set(minute, counts);
    if (this.#minutes.size > HOUR_MINUTES) this.#forget(minute);
  }

  lastHour(now = Date.now()) {
    this.#forget(Math.floor(now / MINUTE_MS));
    const counts = [...this.#minutes.values()];
    return {
      delivered: counts.reduce((sum, { delivered }) => sum + delivered, 0),
      failed: counts.reduce((sum, { failed }) => sum + failed, 0),
      deliveredAt: this.#deliveredAt,
      failure: this.#failure,
    };
  }

  #forget(now: number): void {
    for (const minute of this.#minutes.keys()) if (minute <= now - HOUR_MINUTES) this.#minutes.delete(minute);
  }
}
