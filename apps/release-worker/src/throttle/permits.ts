import { FairQueue } from './fair-queue.js';

/** Claims are batched: one that is made too late leaves its permit idle until the next batch. */
const CLAIMS_AHEAD = 2;
/** Calls that take longer than this multiple of the average are not expected to end soon: WeChat may hang. */
const LATE_FACTOR = 2;
/** With this many claims in progress, another one shares their statement, which is cheaper than one of its own. */
const MANY_CLAIMS = 8;
/** With more waiters than this per permit, methods are served round-robin; below, each waiter is near its reservation. */
const FAIR_WAITERS = 2;
/** Weight of a new sample in the moving averages. */
const WEIGHT = 1 / 16;

/** Limits concurrency; waiters are served in order, and the methods of a backlog round-robin. */
export class Permits {
  readonly #waiting: (() => void)[] = [];
  /** When the permits in use were taken, oldest first. A returned permit counts as the oldest, whichever it was. */
  readonly #taken: number[] = [];
  /** Claims in progress or completed that have no permit yet; and waiters that have not started their claim. */
  #ahead = 0;
  readonly #approaching: FairQueue<() => void>;
  /** Moving averages of the duration of a claim and of a call. */
  #claimMs = 0;
  #callMs = 0;
  #isScheduled = false;

  constructor(private readonly count: number) {
    this.#approaching = new FairQueue(FAIR_WAITERS * count);
  }

  /** Resolves when a permit is available. @param first goes before all waiters. */
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
   * Claims as soon as a permit is available or expected by the end of the claim, so that no permit is idle during a
   * claim; resolves when it has the permit. Rejects if the claim rejects, and then holds no permit.
   * @param method many waiters are served round-robin by method.
   */
  async takeFor<T>(method: string, claim: () => Promise<T>): Promise<T> {
    await this.#approach(method);
    const startedAt = performance.now();
    let claimed: T;
    try {
      claimed = await claim();
    } catch (error) {
      this.leave();
      throw error;
    }
    this.#claimMs += (performance.now() - startedAt - this.#claimMs) * WEIGHT;
    await this.arrive();
    return claimed;
  }

  /** Whether a caller may claim now without `takeFor`; it must then `arrive` or `leave`. False if others wait. */
  approachAlone(): boolean {
    if (this.#ahead >= MANY_CLAIMS || this.#approaching.length > 0 || !this.#hasRoom()) return false;
    this.#ahead += 1;
    return true;
  }

  /** Resolves when the claimed operation has its permit. */
  async arrive(): Promise<void> {
    await this.take();
    this.leave();
  }

  /** The caller claimed nothing. */
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
      this.#scheduleAdmission();
    });
  }

  #admit(): void {
    while (this.#approaching.length > 0 && this.#hasRoom()) {
      this.#ahead += 1;
      this.#approaching.shift()?.();
    }
    this.#scheduleAdmission();
  }

  #hasRoom(): boolean {
    const { expected } = this.#forecast();
    return this.#ahead < this.#free + expected;
  }

  /** Calls that start together end together, so no other event starts the claims that must precede their end. */
  #scheduleAdmission(): void {
    if (this.#isScheduled || this.#approaching.length === 0) return;
    const { hung } = this.#forecast();
    const takenAt = this.#taken[hung + this.#ahead - this.#free];
    if (takenAt === undefined) return;
    this.#isScheduled = true;
    const admit = () => {
      this.#isScheduled = false;
      this.#admit();
    };
    setTimeout(admit, Math.max(1, takenAt + this.#claimAfterMs - performance.now()));
  }

  /** Number of calls expected to end by the time a claim started now is made, and of calls that are overdue. */
  #forecast(): { expected: number; hung: number } {
    const now = performance.now();
    const hung = this.#takenUntil(now - LATE_FACTOR * this.#callMs);
    return { hung, expected: Math.max(0, this.#takenUntil(now - this.#claimAfterMs) - hung) };
  }

  /** From the start of a call to the start of the next claim for its permit: a call's duration less the claims'. */
  get #claimAfterMs(): number {
    return this.#callMs - this.#claimMs * CLAIMS_AHEAD;
  }

  #takenUntil(at: number): number {
    const index = this.#taken.findIndex((takenAt) => takenAt > at);
    return index === -1 ? this.#taken.length : index;
  }
}
