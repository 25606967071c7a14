/**
 * Which offsets of one partition are still open. Records end in any order; what may be committed is the lowest
 * one still open, so that nothing unfinished is ever behind the committed offset.
 */
export class OffsetTracker {
  #records: { offset: bigint; done: boolean }[] = [];
  #head = 0;
  #open = 0;
  readonly #byOffset = new Map<bigint, { offset: bigint; done: boolean }>();
  #next: bigint | undefined;
  #committed: bigint | undefined;

  /** Offsets come in ascending order; one that was seen before is not opened again: false. */
  open(offset: bigint): boolean {
    if (this.#next !== undefined && offset < this.#next) return false;
    const record = { offset, done: false };
    this.#records.push(record);
    this.#byOffset.set(offset, record);
    this.#next = offset + 1n;
    this.#open += 1;
    return true;
  }

  /** Ends an open offset; one that is not open is no matter. */
  done(offset: bigint): void {
    const record = this.#byOffset.get(offset);
    if (record === undefined) return;
    record.done = true;
    this.#byOffset.delete(offset);
    this.#open -= 1;
    this.#advance();
  }

  /** The offset after the last one that was opened; undefined before the first. */
  get next(): bigint | undefined {
    return this.#next;
  }

  /** How many are open. */
  get inFlight(): number {
    return this.#open;
  }

  /** How far the newest record is ahead of the lowest open one: what would come again after a crash. */
  get commitGap(): number {
    return this.#records.length - this.#head;
  }

  /** The offset to commit (the next one to be read after a restart), unless it was committed already. */
  uncommitted(): bigint | undefined {
    const position = this.#records[this.#head]?.offset ?? this.#next;
    return position === this.#committed ? undefined : position;
  }

  /** Notes that the broker has an offset. */
  committed(offset: bigint): void {
    this.#committed = offset;
  }

  #advance(): void {
    while (this.#records[this.#head]?.done) this.#head += 1;
    if (this.#head > 1024 && this.#head * 2 > this.#records.length) {
      this.#records = this.#records.slice(this.#head);
      this.#head = 0;
    }
  }
}
