/** Asked whether the caller of an item has gone: an AbortSignal, or what costs less because nothing listens to it. */
export type Cancellation = Pick<AbortSignal, 'aborted' | 'reason'>;

interface Waiter<Item, Result> {
  item: Item;
  signal: Cancellation | undefined;
  bytes: number;
  onStart: ((items: number) => void) | undefined;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/**
 * Combines single requests into batches (group commit). A single request does not wait while no batch is running. While a
 * batch is running the next one fills, so that the cost grows with the number of batches, not of requests.
 */
export class Batcher<Item, Result> {
  #waiting: Waiter<Item, Result>[] = [];
  #underWay = 0;
  /** Of the items that are queued or running. */
  #bytes = 0;
  /** Takes back the start of the next batch. */
  #unschedule: (() => void) | undefined;
  #startedAt = Number.NEGATIVE_INFINITY;
  #nextAt = Number.NEGATIVE_INFINITY;

  /**
   * @param run runs a batch and returns one result per item, in order.
   * @param options `maxBatch`: items per batch. `maxWaiting`: items in the queue. `parallel`: batches at once; 1 keeps the
   *   order of the items. `overlapAfterMs`: while a batch is running, minimum time from the last start to that of another one.
   *   `minIntervalMs`: minimum time between the starts of two batches. `maxShare`: with parallel: 1, a
   *   batch that was quick shortens that time so that batches run for at most this share of it. `splitOn`: whether an error
   *   is the fault of one item; if so, each item is run alone, and only that one fails. `bytesOf`: size of an item.
   *   `maxBytes`: size of all queued and running items. `maxBatchBytes`: size of a batch, unless a single item is larger.
   */
  constructor(
    private readonly run: (items: Item[]) => Promise<Result[]>,
    private readonly options: {
      maxBatch: number;
      maxWaiting: number;
      parallel: number;
      overlapAfterMs?: number;
      minIntervalMs?: number;
      maxShare?: number;
      splitOn?: (error: unknown) => boolean;
      bytesOf?: (item: Item) => number;
      maxBytes?: number;
      maxBatchBytes?: number;
    },
  ) {}

  /** How many items are queued. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Rejects with QueueFullError if the queue is full, else with the error of the batch. An item whose signal is aborted before
   * its batch begins is not run and rejects with the signal's reason.
   * @param onStart called when its batch begins, with the number of its items.
   */
  add(item: Item, signal?: Cancellation, onStart?: (items: number) => void): Promise<Result> {
    const { maxWaiting, bytesOf, maxBytes = Number.POSITIVE_INFINITY } = this.options;
    const bytes = bytesOf?.(item) ?? 0;
    if (this.#waiting.length >= maxWaiting || this.#bytes + bytes > maxBytes)
      return Promise.reject(new QueueFullError());
    this.#bytes += bytes;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, signal, bytes, onStart, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    const { parallel, overlapAfterMs = 0 } = this.options;
    if (this.#unschedule !== undefined || this.#underWay >= parallel || this.#waiting.length === 0) return;
    const start = () => {
      this.#unschedule = undefined;
      void this.#flush();
    };
    const at = this.#underWay === 0 ? this.#nextAt : Math.max(this.#nextAt, this.#startedAt + overlapAfterMs);
    const waitMs = at - performance.now();
    // After the I/O events of this iteration of the event loop, so that requests that arrived together share a batch.
    if (waitMs <= 0) {
      const next = setImmediate(start);
      this.#unschedule = () => clearImmediate(next);
    } else {
      const next = setTimeout(start, Math.ceil(waitMs));
      this.#unschedule = () => clearTimeout(next);
    }
  }

  async #flush(): Promise<void> {
    const batch = this.#take();
    if (batch.length === 0) return;
    this.#underWay += 1;
    const { minIntervalMs = 0, maxShare = 0 } = this.options;
    const startedAt = performance.now();
    this.#startedAt = startedAt;
    this.#nextAt = startedAt + minIntervalMs;
    this.#schedule();
    await this.#settle(batch);
    this.#underWay -= 1;
    if (maxShare > 0)
      this.#nextAt = startedAt + Math.min(minIntervalMs, (performance.now() - startedAt) / maxShare);
    this.#bytes -= batch.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#unschedule?.();
    this.#unschedule = undefined;
    this.#schedule();
  }

  #take(): Waiter<Item, Result>[] {
    const { maxBatch, maxBatchBytes = Number.POSITIVE_INFINITY } = this.options;
    const batch: Waiter<Item, Result>[] = [];
    let [examined, taken] = [0, 0];
    for (const waiting of this.#waiting) {
      const { signal, bytes, reject } = waiting;
      if (batch.length === maxBatch || (batch.length > 0 && taken + bytes > maxBatchBytes)) break;
      examined += 1;
      if (signal?.aborted) {
        this.#bytes -= bytes;
        reject(signal.reason);
      } else {
        taken += bytes;
        batch.push(waiting);
      }
    }
    this.#waiting.splice(0, examined);
    return batch;
  }

  async #settle(batch: Waiter<Item, Result>[]): Promise<void> {
    for (const { onStart } of batch) onStart?.(batch.length);
    try {
      const results = await this.run(batch.map(({ item }) => item));
      batch.forEach(({ resolve }, i) => {
        resolve(results[i] as Result);
      });
    } catch (error) {
      if (batch.length > 1 && this.options.splitOn?.(error)) {
        for (const one of batch) await this.#settle([one]);
      } else {
        for (const { reject } of batch) reject(error);
      }
    }
  }
}

/** The queue of requests is full. */
export class QueueFullError extends Error {
  constructor() {
    super('the queue of requests is full');
    this.name = 'QueueFullError';
  }
}
