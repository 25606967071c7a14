/**
 * The generic cell rate algorithm: a call is due at least one interval after the previous one. Reservations are made in
 * the order of requests and return the wait, so that a lane waits once instead of retrying.
 */
export class Gcra {
  #next = Number.NEGATIVE_INFINITY;

  /** @param perSecond calls per second; 0: no limit. @param burst calls that `tryAcquire` grants at once. */
  constructor(
    private readonly perSecond: number,
    private readonly burst = 1,
  ) {}

  /** Makes the next reservation and returns the milliseconds until it is due. */
  reserve(now: number): number {
    const due = Math.max(now, this.#next);
    this.#next = this.perSecond === 0 ? due : due + 1000 / this.perSecond;
    return due - now;
  }

  /** Grants a call at `now` and returns 0, or reserves nothing and returns the milliseconds until one would be granted. */
  tryAcquire(now: number): number {
    if (this.perSecond === 0) return 0;
    const intervalMs = 1000 / this.perSecond;
    const waitMs = this.#next - now - (this.burst - 1) * intervalMs;
    if (waitMs > 0) return waitMs;
    this.#next = Math.max(now, this.#next) + intervalMs;
    return 0;
  }

  /** Takes back a call that `tryAcquire` granted. */
  giveBack(): void {
    if (this.perSecond > 0) this.#next -= 1000 / this.perSecond;
  }

  /** A call was sent at `now`, possibly later than it was due: the next is due an interval after that. */
  sent(now: number): void {
    if (this.perSecond > 0) this.block(now + 1000 / this.perSecond);
  }

  /** Nothing is due before `until`. */
  block(until: number): void {
    this.#next = Math.max(this.#next, until);
  }

  /** Whether the next call may be sent at once, so that the state can be dropped. */
  isIdle(now: number): boolean {
    return this.#next <= now;
  }
}
