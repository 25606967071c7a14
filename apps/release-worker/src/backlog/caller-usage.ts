import { randomUUID } from 'node:crypto';
import { Poller } from '@wxa/service';
import type { Store } from '@wxa/store';

/** Held by the worker that counts for all; expires by itself if that worker is lost. */
export const BACKLOG_LEASE = 'backlog';
const LEASE_MS = 15_000;
const EVERY_MS = 5_000;
/** Counting takes at most a twentieth of Postgres's time, however many operations are unfinished. */
const PAUSE_FACTOR = 20;

export interface CallerUsageTools {
  store: { callers: Pick<Store['callers'], 'count'>; leases: Pick<Store['leases'], 'hold' | 'release'> };
  onFailure(error: unknown): void;
  /** After each request for the lease. */
  onLease(isHeld: boolean): void;
  /** Counted under the same lease. */
  deployment?: { count(): Promise<void>; failed(): void; lost(): void };
}

/**
 * Counts every 5 s, in one worker at a time, what each caller has in progress. Gateways enforce the limits of callers with
 * these counts, so that accepting an operation counts nothing.
 */
export class CallerUsageWriter {
  readonly #holder = randomUUID();
  readonly #poller = new Poller(
    () => this.#pauseMs,
    () => this.#count(),
    (error) => this.#failed(error),
  );
  #pauseMs: number;

  constructor(
    private readonly tools: CallerUsageTools,
    private readonly everyMs = EVERY_MS,
  ) {
    this.#pauseMs = everyMs;
  }

  start(): void {
    this.#poller.start();
    this.#poller.wakeUp();
  }

  /** Resolves when a running count has ended. Another worker takes over at once. */
  async stop(): Promise<void> {
    await this.#poller.stop();
    this.tools.deployment?.lost();
    await this.tools.store.leases.release(BACKLOG_LEASE, this.#holder).catch(this.tools.onFailure);
  }

  async #count(): Promise<void> {
    const { deployment, store, onLease } = this.tools;
    const { callers, leases } = store;
    this.#pauseMs = this.everyMs;
    const isHeld = await leases.hold(BACKLOG_LEASE, this.#holder, LEASE_MS);
    onLease(isHeld);
    if (!isHeld) {
      deployment?.lost();
      return;
    }
    const startedAt = performance.now();
    await callers.count();
    await deployment?.count();
    const pauseMs = Math.max(this.everyMs, PAUSE_FACTOR * (performance.now() - startedAt));
    // No other worker counts during the pause.
    await leases.hold(BACKLOG_LEASE, this.#holder, pauseMs + LEASE_MS);
    this.#pauseMs = pauseMs;
  }

  #failed(error: unknown): void {
    this.tools.onFailure(error);
    this.tools.deployment?.failed();
  }
}
