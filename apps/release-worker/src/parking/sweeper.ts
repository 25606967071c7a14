import type { Store } from '@wxa/store';
import { Looks } from '../looks.js';

const POLL_MS = 1_000;
const RETENTION_EVERY_MS = 60 * 60 * 1000;
const MEDIA_EVERY_MS = 60 * 1000;

/** What a sweeper is told. */
export interface SweeperOptions {
  retention: { queriesMs: number; changesMs: number };
  onFailure(error: unknown): void;
}

/** Deletes what is old. A task that fails does not stop the others. */
export class Sweeper {
  readonly #looks = new Looks(POLL_MS, () => this.#sweep());
  readonly #doneAt = new Map<string, number>();

  constructor(
    private readonly store: Pick<Store, 'deleteOldMedia' | 'deleteOld'>,
    private readonly options: SweeperOptions,
  ) {}

  start(): void {
    this.#looks.start();
  }

  /** Looks now. */
  kick(): void {
    this.#looks.kick();
  }

  stop(): Promise<void> {
    return this.#looks.stop();
  }

  async #sweep(): Promise<void> {
    const { store, options } = this;
    await this.#every(MEDIA_EVERY_MS, 'media', () => store.deleteOldMedia());
    await this.#every(RETENTION_EVERY_MS, 'retention', async () => {
      const deleted = await store.deleteOld(options.retention);
      // A part at a time, so that nothing waits for it: the next look goes on.
      if (deleted > 0) this.#doneAt.delete('retention');
    });
  }

  async #every(ms: number, what: string, work: () => Promise<unknown>): Promise<void> {
    const now = performance.now();
    if (now - (this.#doneAt.get(what) ?? Number.NEGATIVE_INFINITY) < ms) return;
    this.#doneAt.set(what, now);
    await work().catch(this.options.onFailure);
  }
}
