import { FairQueue } from './fair-queue.js';

/** Claims come in batches: one that is made too late leaves its slot idle until the next batch. */
const CLAIMS_AHEAD = 2;
/** Calls that take so many times what they usually do are not counted on: WeChat may hang. */
const LATE = 2;
/** With so many at their claims, one more shares a statement with them, which costs less than one of its own. */
const MANY_CLAIMS = 8;
/** With more waiting than so many for each slot, methods take turns: until then each is near, and has a place under its rate limit to meet. */
const MANY_WAIT = 2;
/** The share of one more claim or call in what they usually take. */
const WEIGHT = 1 / 16;

/** So many at once; the others wait in the order they came, and of a backlog one of each method goes next in turn. */
export class Permits {
  readonly #waiting: (() => void)[] = [];
  /** When the slots in use were taken, the first first. Which of them is given back is not asked: it counts as the first. */
  readonly #taken: number[] = [];
  /** Those at their claim, or done with it, that have no slot yet; and those that wait to claim. */
  #ahead = 0;
  readonly #approaching: FairQueue<() => void>;
  /** What a claim and a call usually take. */
  #claimMs = 0;
  #callMs = 0;
  #isLooking = false;

  constructor(private readonly count: number) {
    this.#approaching = new FairQueue(MANY_WAIT * count);
  }

  /** Resolves when there is a slot. @param first before all who wait. */
  take(first = false): Promise<void> {
    if (this.#free > 0) {
      this.#taken.push(performance.now());
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
   * @param method where many wait, methods take turns.
   */
  async takeFor<T>(method: string, claim: () => Promise<T>): Promise<T> {
    await this.#approach(method);
    const begunAt = performance.now();
    let claimed: T;
    try {
      claimed = await claim();
    } catch (error) {
      this.leave();
      throw error;
    }
    this.#claimMs += (performance.now() - begunAt - this.#claimMs) * WEIGHT;
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
    const now = performance.now();
    const tookMs = now - (this.#taken.shift() ?? now);
    this.#callMs += (tookMs - this.#callMs) * (this.#callMs === 0 ? 1 : WEIGHT);
    const next = this.#waiting.shift();
    if (next !== undefined) {
      this.#taken.push(now);
      next();
    }
    this.#admit();
  }

  get #free(): number {
    return this.count - this.#taken.length;
  }

  #approach(method: string): Promise<void> {
    if (this.#hasRoom()) {
      this.#ahead += 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#approaching.push(method, resolve);
      this.#lookInTime();
    });
  }

  #admit(): void {
    while (this.#approaching.length > 0 && this.#hasRoom()) {
      this.#ahead += 1;
      this.#approaching.shift()?.();
    }
    this.#lookInTime();
  }

  #hasRoom(): boolean {
    const { expected } = this.#outlook();
    return this.#ahead < this.#free + expected;
  }

  /** Calls that began together end together: nothing happens before, when their slots' next claims should be begun. */
  #lookInTime(): void {
    if (this.#isLooking || this.#approaching.length === 0) return;
    const { hung } = this.#outlook();
    const takenAt = this.#taken[hung + this.#ahead - this.#free];
    if (takenAt === undefined) return;
    this.#isLooking = true;
    const look = () => {
      this.#isLooking = false;
      this.#admit();
    };
    setTimeout(look, Math.max(1, takenAt + this.#claimAfterMs - performance.now()));
  }

  /** How many calls end by the time a claim that begins now is made, and how many should have long ended. */
  #outlook(): { expected: number; hung: number } {
    const now = performance.now();
    const hung = this.#takenUntil(now - LATE * this.#callMs);
    return { hung, expected: Math.max(0, this.#takenUntil(now - this.#claimAfterMs) - hung) };
  }

  /** From the begin of a call to that of the claim for its slot's next: what a call takes, less what claims take. */
  get #claimAfterMs(): number {
    return this.#callMs - this.#claimMs * CLAIMS_AHEAD;
  }

  #takenUntil(at: number): number {
    const index = this.#taken.findIndex((takenAt) => takenAt > at);
    return index === -1 ? this.#taken.length : index;
  }
}
