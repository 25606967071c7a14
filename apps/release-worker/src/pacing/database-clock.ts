const READINGS = 16;

/** The database's clock by ours: places lie on it, so that all workers mean the same moment. */
export class DatabaseClock {
  readonly #offsets: number[] = [];

  /** Notes a reading that came in just now, in milliseconds. */
  read(databaseNow: number, now = performance.now()): void {
    this.#offsets.push(databaseNow - now);
    if (this.#offsets.length > READINGS) this.#offsets.shift();
  }

  /** A moment of the database in terms of performance.now(): by the reading that was quickest on its way. */
  local(databaseTime: number): number {
    return databaseTime - Math.max(...this.#offsets);
  }
}
