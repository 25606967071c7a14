const MINUTE_S = 60;

/**
 * How many reads the service may ask for by itself: so many a second, on average over any minute, or over hours if that is less
 * than two a minute. Those of two seconds, at least one, are saved up, which the rest of the time makes up for.
 */
export class ReadBudget {
  #saved = 1;
  #at = performance.now();

  constructor(private readonly most: number) {}

  /** @param perSecond a lower limit that applies now. */
  available(perSecond: number, now = performance.now()): number {
    const rate = Math.min(this.most, perSecond);
    // More than one, because the turns that ask are a second apart.
    const most = rate + Math.max(1, rate);
    const added = ((now - this.#at) / 1000) * Math.max(rate / 2, rate - most / MINUTE_S);
    this.#saved = Math.min(most, this.#saved + added);
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
export function shareOfRates(rates: readonly (number | undefined)[]): number {
  return Math.min(...rates.map((rate) => (rate === undefined ? Number.POSITIVE_INFINITY : rate * SHARE)));
}
