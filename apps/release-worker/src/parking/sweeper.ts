import { commandEvent } from '@wxa/contracts';
import type { ClaimedOperation, Store } from '@wxa/store';
import { Looks } from '../looks.js';
import { SOURCE } from '../running/settlement.js';

const POLL_MS = 1_000;
const RETENTION_EVERY_MS = 60 * 60 * 1000;
const LOOK_FOR_LOST_EVERY_MS = 60 * 1000;
/** Far longer than any claim holds and any lane's timer waits. */
const LOST_AFTER_MS = 15 * 60 * 1000;

/** What a sweeper is told. */
export interface SweeperOptions {
  retention: { queriesMs: number; changesMs: number };
  onFailure(error: unknown): void;
  /** Commands were written to the outbox. */
  onRequeued(count: number): void;
}

/**
 * Publishes again what was parked in Postgres and is due, or whose blocker has ended, whichever process parked
 * it; what was lost on the way; and deletes what is old.
 */
export class Sweeper {
  readonly #looks = new Looks(POLL_MS, () => this.#sweep());
  readonly #doneAt = new Map<string, number>();

  constructor(
    private readonly store: Pick<Store, 'requeue' | 'requeueLost' | 'deleteOldMedia' | 'deleteOld'>,
    private readonly options: SweeperOptions,
  ) {}

  start(): void {
    this.#looks.start();
  }

  /** Looks now: an operation that others wait for has ended. */
  kick(): void {
    this.#looks.kick();
  }

  stop(): Promise<void> {
    return this.#looks.stop();
  }

  async #sweep(): Promise<void> {
    const { store, options } = this;
    try {
      let count = await store.requeue(toCommand);
      await this.#every(LOOK_FOR_LOST_EVERY_MS, 'lost', async () => {
        count += await store.requeueLost(toCommand, LOST_AFTER_MS);
        await store.deleteOldMedia();
      });
      if (count > 0) options.onRequeued(count);
      await this.#every(RETENTION_EVERY_MS, 'retention', async () => {
        const deleted = await store.deleteOld(options.retention);
        // A part at a time, so that nothing waits for it: the next look goes on.
        if (deleted > 0) this.#doneAt.delete('retention');
      });
    } catch (error) {
      options.onFailure(error);
    }
  }

  async #every(ms: number, what: string, work: () => Promise<unknown>): Promise<void> {
    const now = performance.now();
    if (now - (this.#doneAt.get(what) ?? Number.NEGATIVE_INFINITY) < ms) return;
    this.#doneAt.set(what, now);
    await work();
  }
}

const toCommand = (operation: ClaimedOperation) => commandEvent(operation, operation.attempt, SOURCE);
