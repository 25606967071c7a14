import { bytesToSend, MAX_SEND_BYTES, type OutboxRow } from '@wxa/store';

/** Events that were committed since the outbox was last read: no more than are sent at once. */
export class PendingPublishes {
  #rows: OutboxRow[] = [];
  #bytes = 0;

  constructor(private readonly maxEvents: number) {}

  get isEmpty(): boolean {
    return this.#rows.length === 0;
  }

  /** False where it was too much: then none is kept. */
  add(row: OutboxRow): boolean {
    this.#rows.push(row);
    this.#bytes += bytesToSend(row);
    const fits = this.#rows.length <= this.maxEvents && this.#bytes <= MAX_SEND_BYTES;
    if (!fits) this.take();
    return fits;
  }

  /** All of them, in the order of the outbox. */
  take(): OutboxRow[] {
    const rows = this.#rows;
    this.#rows = [];
    this.#bytes = 0;
    return rows.sort((a, b) => Number(BigInt(a.outboxId) - BigInt(b.outboxId)));
  }
}
