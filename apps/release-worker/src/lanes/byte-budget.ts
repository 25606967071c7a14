/** Bytes that may be in use at once; who wants more waits for those before it. */
export class ByteBudget {
  #used = 0;
  readonly #waiting: { bytes: number; resolve: () => void }[] = [];

  constructor(private readonly max: number) {}

  /** Resolves when there is room for so many bytes; one that is larger than all of it goes alone. */
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
