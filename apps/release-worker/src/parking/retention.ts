import { RETAINED, type Retained, type Retention, type Store } from '@wxa/store';

const EVERY_MS = 60 * 60 * 1000;
const AFTER_FAILURE_MS = 60 * 1000;

/** Deletes what is old: each kind by itself, so that one that is slow or fails delays no other. */
export class OldRows {
  readonly #running = new Map<Retained, Promise<void>>();
  readonly #dueAt = new Map<Retained, number>();

  constructor(
    private readonly store: Pick<Store, 'deleteOld'>,
    private readonly retention: Retention,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** Starts the deletes that are due. */
  look(): void {
    for (const what of RETAINED) {
      const isDue = performance.now() >= (this.#dueAt.get(what) ?? 0);
      if (!isDue || this.#running.has(what)) continue;
      this.#running.set(
        what,
        this.#delete(what).finally(() => this.#running.delete(what)),
      );
    }
  }

  /** Resolves when the deletes that are under way have ended. */
  async stop(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  async #delete(what: Retained): Promise<void> {
    try {
      const deleted = await this.store.deleteOld(what, this.retention);
      // A part at a time, so that nothing waits for it: the next look goes on.
      if (deleted === 0) this.#dueAt.set(what, performance.now() + EVERY_MS);
    } catch (error) {
      this.#dueAt.set(what, performance.now() + AFTER_FAILURE_MS);
      this.onFailure(error);
    }
  }
}
