import { RETAINED, type Retained, type Retention, type Store } from '@wxa/store';

const EVERY_MS = 60 * 60 * 1000;
const AFTER_FAILURE_MS = 60 * 1000;

/** Deletes old rows, each kind independently, so that a slow or failed delete delays no other. */
export class OldRows {
  readonly #running = new Map<Retained, Promise<void>>();
  readonly #dueAt = new Map<Retained, number>();

  constructor(
    private readonly store: Pick<Store, 'deleteOld'>,
    private readonly retention: Retention,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** Starts the deletes that are due. */
  poll(): void {
    for (const what of RETAINED) {
      const isDue = performance.now() >= (this.#dueAt.get(what) ?? 0);
      if (!isDue || this.#running.has(what)) continue;
      this.#running.set(
        what,
        this.#delete(what).finally(() => this.#running.delete(what)),
      );
    }
  }

  /** Resolves when the running deletes have ended. */
  async stop(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  async #delete(what: Retained): Promise<void> {
    try {
      const deleted = await this.store.deleteOld(what, this.retention);
      // Deletes in batches, so that nothing waits for it: the next poll continues.
      if (deleted === 0) this.#dueAt.set(what, performance.now() + EVERY_MS);
    } catch (error) {
      this.#dueAt.set(what, performance.now() + AFTER_FAILURE_MS);
      this.onFailure(error);
    }
  }
}
