/**
 * The generic cell rate algorithm: a call is due at least one interval after the one before. Whoever reserves is
 * told how long to wait, in the order of asking, so that a lane parks instead of trying again.
 */
export class Gcra {
  #next = Number.NEGATIVE_INFINITY;

  /** @param perSecond calls a second; 0: no limit. */
  constructor(private readonly perSecond: number) {}

  /** Reserves the next place and tells in how many milliseconds it is due. */
  reserve(now: number): number {
    const due = Math.max(now, this.#next);
    this.#next = this.perSecond === 0 ? due : due + 1000 / this.perSecond;
    return due - now;
  }

  /** A call went at `now`, which may be later than it was due: the next is due an interval after that. */
  went(now: number): void {
    if (this.perSecond > 0) this.block(now + 1000 / this.perSecond);
  }

  /** Nothing is due before `until`. */
  block(until: number): void {
    this.#next = Math.max(this.#next, until);
  }

  /** Whether it remembers nothing that matters any more. */
  isIdle(now: number): boolean {
    return this.#next <= now;
  }
}
