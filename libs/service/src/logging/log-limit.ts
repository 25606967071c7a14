/** Limits the lines of one kind, and counts those that are left out. */
export class LogLimit {
  #second = -1;
  #lines = 0;
  #suppressed = 0;

  constructor(private readonly perSecond = 1) {}

  /** The field of a line that may be written: how many were left out before it; undefined if this line is left out. */
  take(): { suppressed?: number } | undefined {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) this.#lines = 0;
    this.#second = second;
    if (this.#lines >= this.perSecond) {
      this.#suppressed += 1;
      return undefined;
    }
    this.#lines += 1;
    const suppressed = this.#suppressed;
    this.#suppressed = 0;
    return suppressed === 0 ? {} : { suppressed };
  }
}
