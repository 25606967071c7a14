import type { Room as FreeRoom } from '@wxa/store';

/** The methods, or lanes, of which operations wait in Postgres, as far as this worker knows. */
export class WaitingKeys {
  readonly #keys = new Set<string>();
  /** How many operations of a key are being written to Postgres. */
  readonly #writing = new Map<string, number>();
  /** A look at Postgres that began before an operation was written may have missed it. */
  readonly #missed = new Set<string>();

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  [Symbol.iterator](): IterableIterator<string> {
    return this.#keys.values();
  }

  add(key: string): void {
    this.#keys.add(key);
  }

  /** It has had its turn: the others come first. */
  serve(key: string): void {
    this.#keys.delete(key);
    this.#keys.add(key);
  }

  clear(): void {
    this.#keys.clear();
  }

  /** An operation is being written to Postgres, until the result is called. */
  wait(key: string): () => void {
    this.#keys.add(key);
    this.#missed.add(key);
    this.#writing.set(key, (this.#writing.get(key) ?? 0) + 1);
    return () => {
      const left = (this.#writing.get(key) ?? 1) - 1;
      if (left > 0) this.#writing.set(key, left);
      else this.#writing.delete(key);
    };
  }

  /** A look at Postgres begins, for those with room. */
  look(room: FreeRoom[]): FreeRoom[] {
    this.#missed.clear();
    for (const key of this.#writing.keys()) this.#missed.add(key);
    return room.filter(({ count }) => count > 0);
  }

  /** It found so many of each key: fewer than there is room for means that no more of that key wait. */
  found(room: FreeRoom[], counts: ReadonlyMap<string, number>): void {
    for (const { of: key, count } of room) {
      if ((counts.get(key) ?? 0) === count) this.#keys.add(key);
      else if (!this.#missed.has(key)) this.#keys.delete(key);
    }
  }
}
