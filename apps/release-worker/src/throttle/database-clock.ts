const READINGS = 16;

/** Converts the database's time to local time: reservations use the former, so that all workers share one clock. */
export class DatabaseClock {
  readonly #offsets: number[] = [];

  /** Records a reading received at `now`, in milliseconds. */
  read(databaseNow: number, now = performance.now()): void {
    this.#offsets.push(databaseNow - now);
    if (this.#offsets.length > READINGS) this.#offsets.shift();
  }

  /** Converts a database time to performance.now() time, by the reading with the lowest latency. */
  local(databaseTime: number): number {
    return databaseTime - Math.max(...this.#offsets);
  }
}
