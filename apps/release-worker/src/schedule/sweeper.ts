import { Poller } from '@wxa/service';
import type { Store } from '@wxa/store';
import { OldRows, type OldRowsOptions, type OldRowsStore } from './retention.js';

const POLL_MS = 1_000;
const MEDIA_EVERY_MS = 60 * 1000;

/** Deletes old rows and media. A failed task does not stop the others. */
export class Sweeper {
  readonly #poller = new Poller(POLL_MS, () => this.#sweep());
  readonly #oldRows: OldRows;
  #mediaAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly store: OldRowsStore & { attachments: Pick<Store['attachments'], 'deleteOld'> },
    private readonly options: OldRowsOptions,
  ) {
    this.#oldRows = new OldRows(store, options);
  }

  start(): void {
    this.#poller.start();
  }

  /** Polls now. */
  wakeUp(): void {
    this.#poller.wakeUp();
  }

  async stop(): Promise<void> {
    await this.#poller.stop();
    await this.#oldRows.stop();
  }

  async #sweep(): Promise<void> {
    await this.#oldRows.poll();
    const now = performance.now();
    if (now - this.#mediaAt < MEDIA_EVERY_MS) return;
    this.#mediaAt = now;
    const failed = (error: unknown) => this.options.onFailure(error, 'operation_attachments');
    await this.store.attachments.deleteOld().catch(failed);
  }
}
