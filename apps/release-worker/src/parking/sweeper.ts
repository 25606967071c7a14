import { commandEvent } from '@wxa/contracts';
import type { Store } from '@wxa/store';
import { SOURCE } from '../running/settlement.js';

const POLL_MS = 1_000;
const RETENTION_EVERY_MS = 60 * 60 * 1000;

/** What a sweeper is told. */
export interface SweeperOptions {
  retention: { queriesMs: number; changesMs: number };
  onFailure(error: unknown): void;
  /** Commands were written to the outbox. */
  onRequeued(count: number): void;
}

/**
 * Publishes again what was parked in Postgres and is due, or whose blocker has ended, whichever process parked
 * it; and deletes what is old.
 */
export class Sweeper {
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #cleanedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly store: Store,
    private readonly options: SweeperOptions,
  ) {}

  start(): void {
    this.#timer = setInterval(() => this.kick(), POLL_MS);
  }

  /** Looks now: an operation that others wait for has ended. */
  kick(): void {
    if (this.#stopped) return;
    if (this.#sweeping !== undefined) {
      this.#again = true;
      return;
    }
    this.#sweeping = this.#sweep().finally(() => {
      this.#sweeping = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.kick();
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#sweeping;
  }

  async #sweep(): Promise<void> {
    try {
      const count = await this.store.requeue((operation) =>
        commandEvent(operation, operation.attempt, SOURCE),
      );
      if (count > 0) this.options.onRequeued(count);
      if (performance.now() - this.#cleanedAt < RETENTION_EVERY_MS) return;
      this.#cleanedAt = performance.now();
      await this.store.deleteOld(this.options.retention);
    } catch (error) {
      this.options.onFailure(error);
    }
  }
}
