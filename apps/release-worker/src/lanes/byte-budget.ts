/** Requests of at least this size share a byte budget while they are in flight. */
export const LARGE_BYTES = 16 * 1024;

/** A budget of bytes in use at the same time, granted in the order of requests. */
export class ByteBudget {
  #used = 0;
  readonly #waiting: { bytes: number; resolve: () => void }[] = [];

  constructor(private readonly max: number) {}

  /** Resolves when the bytes fit; a request larger than the whole budget is granted alone. */
  take(bytes: number): Promise<void> {
    if (this.#waiting.length === 0 && this.#fits(bytes)) {
      this.#used += bytes;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#waiting.push({ bytes, resolve }));
  }

  give(bytes: number): void {
    this.#used -= bytes;
    for (let [next] = this.#waiting; next !== undefined && this.#fits(next.bytes); [next] = this.#waiting) {
      this.#waiting.shift();
      this.#used += next.bytes;
      next.resolve();
    }
  }

  #fits(bytes: number): boolean {
    return this.#used === 0 || this.#used + bytes <= this.max;
  }
}
