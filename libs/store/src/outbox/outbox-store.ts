import type { Pools } from '../data-source.js';
import type { Publisher } from './author.js';
import { advanceOutbox, type OutboxPage, type OutboxRow, quarantine, type SentEvent } from './outbox.js';
import type { OutboxFloor } from './outbox-floor.js';

/** The events of this app that wait for Kafka, or that Kafka rejects. */
export class OutboxStore {
  constructor(
    private readonly pools: Pools,
    private readonly publisher: Publisher & { floor: OutboxFloor },
  ) {}

  /** Deletes the events that were sent and reads the oldest that remain. */
  advance(sent: SentEvent[], limit: number): Promise<OutboxPage> {
    return advanceOutbox(this.pools.batches, this.publisher, sent, limit);
  }

  /** Raises the id from which the outbox is read above the deleted rows; runs twice a second anyway. */
  raiseFloor(): Promise<void> {
    return this.publisher.floor.raise();
  }

  /** Moves an event that Kafka permanently rejects out of the outbox and stores it with the reason. */
  quarantine(event: OutboxRow, reason: string): Promise<void> {
    return quarantine(this.pools.relay, this.publisher.writer, event, reason);
  }

  /** How many events of this app are pending publication. */
  depth(): Promise<number> {
    return this.#count('outbox');
  }

  /** How many events of this app are quarantined. */
  quarantined(): Promise<number> {
    return this.#count('outbox_refused');
  }

  async #count(table: 'outbox' | 'outbox_refused'): Promise<number> {
    const { rows } = await this.pools.probes.query<{ n: string }>(
      `select count(*) as n from ${table} where writer = $1`,
      [this.publisher.writer],
    );
    return Number(rows[0]?.n);
  }
}
