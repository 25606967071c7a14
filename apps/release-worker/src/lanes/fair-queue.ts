interface Waiter<T> {
  item: T;
  /** The order of arrival, over all keys. */
  number: number;
}

/**
 * A queue that serves what came first. Where more than `most` wait it serves their keys in turn, and what waits under one key
 * in the order it came: then one key with a backlog delays no other.
 */
export class FairQueue<T> {
  /** Its first key is served next, where keys take turns. */
  readonly #waiting = new Map<string, Waiter<T>[]>();
  #length = 0;
  #arrived = 0;

  constructor(private readonly most: number) {}

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
    const first = waiting.shift();
    // A map keeps the order of insertion: it is the last to have its turn again.
    this.#waiting.delete(key);
    if (waiting.length > 0) this.#waiting.set(key, waiting);
    this.#length -= 1;
    return first?.item;
  }

  #nextKey(): string | undefined {
    const keys = [...this.#waiting.keys()];
    if (this.#length > this.most) return keys[0];
    const numberOf = (key: string) => this.#waiting.get(key)?.[0]?.number ?? Number.POSITIVE_INFINITY;
    return keys.reduce<string | undefined>(
      (first, key) => (first === undefined || numberOf(key) < numberOf(first) ? key : first),
      undefined,
    );
  }
}
