import { bytesToSend, MAX_SEND_BYTES, type OutboxRow } from '@wxa/postgres/outbox';

/** Events that were committed since the outbox was last read, at most one batch. */
export class PendingPublishes {
  #rows: OutboxRow[] = [];
  #bytes = 0;

  constructor(private readonly maxEvents: number) {}

  get isEmpty(): boolean {
    return this.#rows.length === 0;
  }

  /** Returns false if the events exceed a batch; all of them are dropped then. */
  add(row: OutboxRow): boolean {
    this.#rows.push(row);
    this.#bytes += bytesToSend(row);
    const fits = this.#rows.length <= this.maxEvents && this.#bytes <= MAX_SEND_BYTES;
    if (!fits) this.take();
    return fits;
  }

  /** Returns and removes all events, in the order of the outbox. */
  take(): OutboxRow[] {
    const rows = this.#rows;
    this.#rows = [];
    this.#bytes = 0;
    return rows.sort((a, b) => Number(BigInt(a.outboxId) - BigInt(b.outboxId)));
  }
}
