/** How fast slots come free is judged by about so long; after it without one, hardly anything is taken ahead. */
const PACE_MS = 250;
/** Claims come in batches: as many as come free during one claim would leave slots idle until the next batch. */
const CLAIMS_AHEAD = 2;
/** With so many at their claims, one more shares a statement with them, which costs less than one of its own. */
const MANY_CLAIMS = 8;
/** The share of one more claim in what claims take. */
const WEIGHT = 1 / 16;

/** So many at once; the others wait in the order they came. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];
  /** Those at their claim, or done with it, that have no slot yet; and those that wait to claim. */
  #ahead = 0;
  readonly #approaching: (() => void)[] = [];
  /** Slots given back per millisecond, as of `#givenAt`; and how long a claim takes. */
  #pace = 0;
  #givenAt = 0;
  #claimMs = 0;

  constructor(
    private readonly count: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#free = count;
  }

  /** Resolves when there is a slot. @param first before all who wait. */
  take(first = false): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      if (first) this.#waiting.unshift(resolve);
      else this.#waiting.push(resolve);
    });
  }

  /**
   * Claims when there is a slot or one is to be expected by the time the claim is made, so that no slot is idle
   * during a claim; resolves when the slot is there. Rejects with what the claim rejects with, and then has no slot.
   */
  async takeFor<T>(claim: () => Promise<T>): Promise<T> {
    await this.#approach();
    const begunAt = this.now();
    let claimed: T;
    try {
      claimed = await claim();
    } catch (error) {
      this.leave();
      throw error;
    }
    this.#claimMs += (this.now() - begunAt - this.#claimMs) * WEIGHT;
    await this.arrive();
    return claimed;
  }

  /** Whether one may claim now by itself; it is to `arrive` then, or to `leave`. False where others wait to. */
  approachAlone(): boolean {
    if (this.#ahead >= MANY_CLAIMS || this.#approaching.length > 0 || !this.#hasRoom()) return false;
    this.#ahead += 1;
    return true;
  }

  /** Resolves when there is the slot for what was claimed. */
  async arrive(): Promise<void> {
    await this.take();
    this.leave();
  }

  /** Nothing was claimed. */
  leave(): void {
    this.#ahead -= 1;
    this.#admit();
  }

  give(): void {
    const now = this.now();
    this.#pace = this.#paceAt(now) + 1 / PACE_MS;
    this.#givenAt = now;
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
    this.#admit();
  }

  #approach(): Promise<void> {
    if (this.#hasRoom()) {
      this.#ahead += 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#approaching.push(resolve));
  }

  #admit(): void {
    while (this.#approaching.length > 0 && this.#hasRoom()) {
      this.#ahead += 1;
      this.#approaching.shift()?.();
    }
  }

  /** By the slots that come free during a claim: none goes ahead while WeChat hangs. */
  #hasRoom(): boolean {
    if (this.#ahead < this.#free) return true;
    const expected = Math.round(this.#paceAt(this.now()) * this.#claimMs * CLAIMS_AHEAD);
    return this.#ahead < this.#free + Math.min(expected, this.count);
  }

  /** Decays, so that slots that no longer come free are not counted on. */
  #paceAt(now: number): number {
    return this.#pace * Math.exp((this.#givenAt - now) / PACE_MS);
  }
}
