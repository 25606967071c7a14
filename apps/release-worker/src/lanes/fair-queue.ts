/** A queue that serves its keys in turn, and what waits under one key in the order it came. */
export class FairQueue<T> {
  /** Its first key is served next. */
  readonly #waiting = new Map<string, T[]>();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(key: string, item: T): void {
    const items = this.#waiting.get(key);
    if (items === undefined) this.#waiting.set(key, [item]);
    else items.push(item);
    this.#length += 1;
  }

  shift(): T | undefined {
    const [next] = this.#waiting;
    if (next === undefined) return undefined;
    const [key, items] = next;
    const item = items.shift();
    // A map keeps the order of insertion: served last from now on.
    this.#waiting.delete(key);
    if (items.length > 0) this.#waiting.set(key, items);
    this.#length -= 1;
    return item;
  }
}
