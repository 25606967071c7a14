/** How many reads the service may ask for by itself: so many a second, of which those of one second are saved up. */
export class ReadBudget {
  #saved = 1;
  #at = performance.now();

  constructor(private readonly most: number) {}

  /** @param perSecond a lower limit that applies now. */
  available(perSecond: number, now = performance.now()): number {
    const rate = Math.min(this.most, perSecond);
    this.#saved = Math.min(Math.max(1, rate), this.#saved + ((now - this.#at) / 1000) * rate);
    this.#at = now;
    return Math.floor(this.#saved);
  }

  take(reads: number): void {
    this.#saved -= reads;
  }
}

/** Of the rate of an API; the rest is for callers. */
const SHARE = 0.1;

/** A tenth of the lowest rate. @param rates in calls per second; undefined: no limit. */
export function shareOf(rates: readonly (number | undefined)[]): number {
  return Math.min(...rates.map((rate) => (rate === undefined ? Number.POSITIVE_INFINITY : rate * SHARE)));
}
