import type { BacklogCounts, Store } from '@wxa/store';

const EVERY_MS = 10_000;
/** Counting takes at most a twentieth of Postgres's time. */
const PAUSE_FACTOR = 20;
/** After this many failed counts in a row, the last one is out of date. */
const MAX_FAILURES = 3;

export interface DeploymentTools {
  store: { backlog: Pick<Store['backlog'], 'count'> };
  /** @param counts undefined: they are not known to this worker any more. */
  onCounted(counts: BacklogCounts | undefined): void;
}

/** Counts what waits in the whole deployment, for the metrics of the worker that holds the lease `backlog`. */
export class DeploymentCounts {
  #nextAt = Number.NEGATIVE_INFINITY;
  #failures = 0;

  constructor(private readonly tools: DeploymentTools) {}

  /** Does nothing if the last count is recent. Rejects if Postgres fails. */
  async count(): Promise<void> {
    const startedAt = performance.now();
    if (startedAt < this.#nextAt) return;
    const counts = await this.tools.store.backlog.count();
    this.#failures = 0;
    this.#nextAt = startedAt + Math.max(EVERY_MS, PAUSE_FACTOR * (performance.now() - startedAt));
    this.tools.onCounted(counts);
  }

  failed(): void {
    this.#failures += 1;
    if (this.#failures === MAX_FAILURES) this.lost();
  }

  /** The counts are not known to this worker any more, for example because another one counts. */
  lost(): void {
    this.#nextAt = Number.NEGATIVE_INFINITY;
    this.tools.onCounted(undefined);
  }
}
