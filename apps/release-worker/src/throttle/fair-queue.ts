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
