/**
 * The in-flight offsets of one partition. Records end in any order. The offset to commit is the lowest one in flight, so that
 * no unfinished record is ever below the committed offset.
 */
export class OffsetTracker {
  #records: { offset: bigint; done: boolean }[] = [];
  #head = 0;
  #open = 0;
  readonly #byOffset = new Map<bigint, { offset: bigint; done: boolean }>();
  #next: bigint | undefined;
  #committed: bigint | undefined;

  /** Adds an offset; offsets arrive in ascending order. Returns false if it was added before. */
  open(offset: bigint): boolean {
    if (this.#next !== undefined && offset < this.#next) return false;
    const record = { offset, done: false };
    this.#records.push(record);
    this.#byOffset.set(offset, record);
    this.#next = offset + 1n;
    this.#open += 1;
    return true;
  }

  /** Ends an in-flight offset; any other is ignored. */
  done(offset: bigint): void {
    const record = this.#byOffset.get(offset);
    if (record === undefined) return;
    record.done = true;
    this.#byOffset.delete(offset);
    this.#open -= 1;
    this.#advance();
  }

  /** The offset after the last one that was added; undefined before the first. */
  get next(): bigint | undefined {
    return this.#next;
  }

  /** How many offsets are in flight. */
  get inFlight(): number {
    return this.#open;
  }

  /** How far the newest record is ahead of the lowest one in flight: the records that a crash would redeliver. */
  get commitGap(): number {
    return this.#records.length - this.#head;
  }

  /** The offset to commit (the next one to be read after a restart), unless it was committed before. */
  uncommitted(): bigint | undefined {
    const position = this.#records[this.#head]?.offset ?? this.#next;
    return position === this.#committed ? undefined : position;
  }

  /** Records that an offset was committed. */
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
