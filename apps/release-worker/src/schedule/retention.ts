import { randomUUID } from 'node:crypto';
import { RETAINED, type Retained, type Retention, type Store, tableOf } from '@wxa/store';

/** Held by the worker that deletes for all; expires by itself if that worker is lost. */
export const RETENTION_LEASE = 'retention';
const LEASE_MS = 15_000;
const HOLD_EVERY_MS = 5_000;
const EVERY_MS = 60 * 60 * 1000;
const AFTER_FAILURE_MS = 60 * 1000;

export type OldRowsStore = Pick<Store, 'deleteOld'> & { leases: Pick<Store['leases'], 'hold' | 'release'> };

export interface OldRowsOptions {
  retention: Retention;
  onDeleted(table: string, rows: number): void;
  /**
   * Since when no kind has had old rows left, or since when this worker holds the lease, whichever is later; undefined if
   * another worker holds it.
   */
  onClean(since: Date | undefined): void;
  /** @param table whose rows could not be deleted; undefined if the lease failed. */
  onFailure(error: unknown, table?: string): void;
  /** After each request for the lease. */
  onLease(isHeld: boolean): void;
}

/** Deletes old rows, in one worker at a time. Each kind is independent: a slow or failed delete delays no other. */
export class OldRows {
  readonly #holder = randomUUID();
  #holdAt = Number.NEGATIVE_INFINITY;
  #heldUntil = Number.NEGATIVE_INFINITY;
  readonly #running = new Map<Retained, Promise<void>>();
  readonly #dueAt = new Map<Retained, number>();
  /** When each kind had no old rows left, from the time this worker took the lease. */
  readonly #cleanAt = new Map<Retained, number>();

  constructor(
    private readonly store: OldRowsStore,
    private readonly options: OldRowsOptions,
  ) {}

  /** Starts the deletes that are due, if this worker holds the lease. Never rejects. */
  async poll(): Promise<void> {
    if (!(await this.#holds())) return;
    for (const what of RETAINED) {
      const isDue = performance.now() >= (this.#dueAt.get(what) ?? 0);
      if (!isDue || this.#running.has(what)) continue;
      this.#running.set(
        what,
        this.#delete(what).finally(() => this.#running.delete(what)),
      );
    }
  }

  /** Resolves when the running deletes have ended. Another worker takes over at once. */
  async stop(): Promise<void> {
    await Promise.all(this.#running.values());
    await this.store.leases.release(RETENTION_LEASE, this.#holder).catch(this.options.onFailure);
  }

  async #holds(): Promise<boolean> {
    const now = performance.now();
    if (now >= this.#holdAt) {
      this.#holdAt = now + HOLD_EVERY_MS;
      const isHeld = await this.store.leases
        .hold(RETENTION_LEASE, this.#holder, LEASE_MS)
        .catch(this.options.onFailure);
      if (typeof isHeld === 'boolean') this.options.onLease(isHeld);
      if (isHeld === true) this.#held(now);
      if (isHeld === false) this.#lost();
    }
    return performance.now() < this.#heldUntil;
  }

  #held(now: number): void {
    const isNew = now >= this.#heldUntil;
    this.#heldUntil = now + LEASE_MS;
    if (!isNew) return;
    this.#dueAt.clear();
    const takenAt = Date.now();
    for (const what of RETAINED) this.#cleanAt.set(what, takenAt);
    this.#reportClean();
  }

  #lost(): void {
    this.#heldUntil = Number.NEGATIVE_INFINITY;
    this.options.onClean(undefined);
  }

  async #delete(what: Retained): Promise<void> {
    const startedAt = Date.now();
    try {
      const deleted = await this.store.deleteOld(what, this.options.retention);
      this.options.onDeleted(tableOf(what), deleted);
      // Deletes in batches, so that nothing waits for it: the next poll continues.
      if (deleted > 0) return;
      this.#dueAt.set(what, performance.now() + EVERY_MS);
      this.#cleanAt.set(what, startedAt);
      if (performance.now() < this.#heldUntil) this.#reportClean();
    } catch (error) {
      this.#dueAt.set(what, performance.now() + AFTER_FAILURE_MS);
      this.options.onFailure(error, tableOf(what));
    }
  }

  #reportClean(): void {
    this.options.onClean(new Date(Math.min(...this.#cleanAt.values())));
  }
}
