/** Claims that may be ahead of their permits, as a share of the permits in use, so that no permit is idle during a claim. */
const AHEAD = 1 / 4;
/** With this many claims in progress, another one shares their statement, which is cheaper than one of its own. */
export const MANY_CLAIMS = 8;
/** With more waiters than this per permit, claims ahead included, methods are served round-robin; below, each is near its reservation. */
const FAIR_WAITERS = 2;

/** A counting semaphore: waiters are served in order, and the methods of a backlog round-robin. */
export class Permits {
  readonly #waiting: (() => void)[] = [];
  #inUse = 0;
  /** Claims in progress or completed that have no permit yet; and waiters that have not started their claim. */
  #ahead = 0;
  readonly #unclaimed: FairQueue<() => void>;

  constructor(private readonly count: number) {
    this.#unclaimed = new FairQueue((FAIR_WAITERS - AHEAD) * count);
  }

  /** How many permits are in use. */
  get inUse(): number {
    return this.#inUse;
  }

  /** Resolves when the caller has a permit. @param first goes before all waiters. */
  take(first = false): Promise<void> {
    if (this.#inUse < this.count) {
      this.#inUse += 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      if (first) this.#waiting.unshift(resolve);
      else this.#waiting.push(resolve);
    });
  }

  /**
   * Claims while other calls still hold the permits, then resolves when it has one. Rejects if the claim rejects, and
   * then holds no permit. @param method many waiters are served round-robin by method.
   */
  async takeFor<T>(method: string, claim: () => Promise<T>): Promise<T> {
    await new Promise<void>((resolve) => {
      this.#unclaimed.push(method, resolve);
      this.#admit();
    });
    try {
      const claimed = await claim();
      await this.take();
      return claimed;
    } finally {
      this.#ahead -= 1;
      this.#admit();
    }
  }

  /** Takes a permit for a claim made with a settlement; false if others need the permit, or many claim anyway. */
  tryTake(): boolean {
    const isFree = this.#inUse + this.#ahead < this.count && this.#unclaimed.length === 0;
    if (!isFree || this.#ahead >= MANY_CLAIMS) return false;
    this.#inUse += 1;
    return true;
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#inUse -= 1;
    else next();
    this.#admit();
  }

  #admit(): void {
    while (this.#unclaimed.length > 0 && this.#ahead < this.count - this.#inUse + AHEAD * this.#inUse) {
      this.#ahead += 1;
      this.#unclaimed.shift()?.();
    }
  }
}

interface Waiter<T> {
  item: T;
  /** The order of arrival, over all keys. */
  number: number;
}

/**
 * A FIFO queue that becomes fair under load: if more than `fairAbove` items wait, it serves their keys round-robin and
 * each key's items in order, so that one key with a backlog delays no other.
 */
export class FairQueue<T> {
  /** In round-robin order: the first key is served next. */
  readonly #waiting = new Map<string, Waiter<T>[]>();
  #length = 0;
  #arrived = 0;

  constructor(private readonly fairAbove: number) {}

  get length(): number {
    return this.#length;
  }

  push(key: string, item: T): void {
    const waiting = { item, number: this.#arrived++ };
    const others = this.#waiting.get(key);
    if (others === undefined) this.#waiting.set(key, [waiting]);
    else others.push(waiting);
    this.#length += 1;
  }

  shift(): T | undefined {
    const key = this.#nextKey();
    const waiting = key === undefined ? undefined : this.#waiting.get(key);
    if (key === undefined || waiting === undefined) return undefined;
    const oldest = waiting.shift();
    // A Map keeps insertion order: the key moves to the end of the round.
    this.#waiting.delete(key);
    if (waiting.length > 0) this.#waiting.set(key, waiting);
    this.#length -= 1;
    return oldest?.item;
  }

  #nextKey(): string | undefined {
    const keys = [...this.#waiting.keys()];
    if (this.#length > this.fairAbove) return keys[0];
    const numberOf = (key: string) => this.#waiting.get(key)?.[0]?.number ?? Number.POSITIVE_INFINITY;
    return keys.reduce<string | undefined>(
      (oldest, key) => (oldest === undefined || numberOf(key) < numberOf(oldest) ? key : oldest),
      undefined,
    );
  }
}
