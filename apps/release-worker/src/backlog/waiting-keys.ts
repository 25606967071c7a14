import type { Room as FreeRoom } from '@wxa/store';

/** The methods, or lanes, with operations delayed in Postgres, as far as this worker knows. */
export class WaitingKeys {
  readonly #keys = new Set<string>();
  /** Number of operations per key that are being written to Postgres. */
  readonly #writing = new Map<string, number>();
  /** Keys with operations written since the current load started, which may have missed them. */
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

  /** Moves a key to the end of the round. */
  serve(key: string): void {
    this.#keys.delete(key);
    this.#keys.add(key);
  }

  clear(): void {
    this.#keys.clear();
  }

  /** An operation is being written to Postgres, until the returned function is called. */
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

  /** A load from Postgres starts, for the keys with room. */
  startLoad(room: FreeRoom[]): FreeRoom[] {
    this.#missed.clear();
    for (const key of this.#writing.keys()) this.#missed.add(key);
    return room.filter(({ count }) => count > 0);
  }

  /** The load found these counts: fewer than there was room for means that no more operations of the key wait. */
  found(room: FreeRoom[], counts: ReadonlyMap<string, number>): void {
    for (const { of: key, count } of room) {
      if ((counts.get(key) ?? 0) === count) this.#keys.add(key);
      else if (!this.#missed.has(key)) this.#keys.delete(key);
    }
  }
}
