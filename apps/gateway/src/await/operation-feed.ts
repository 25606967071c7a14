import { Inject, Injectable } from '@nestjs/common';
import { type Operation, toOperation } from '@wxa/contracts';
import type { StoredOperation } from '@wxa/operations';
import { FairSemaphore, type Logger, queryFailure } from '@wxa/service';
import { Store } from '@wxa/store';
import { LOGGER } from '../config.js';
import { watchStopping } from '../errors/rpc-error.js';
import { type Change, changeOf, KnownOperations } from './known-operations.js';
import { Demand, isFinal } from './pending-queries.js';

const POLL_MS = 300;
/** Rows become visible at commit, slightly later than their timestamp. */
const OVERLAP_MS = 1000;
const PAGE = 1000;
/** Concurrent snapshot reads, shared fairly between callers. The snapshots of a thousand streams must not starve other calls of connections. */
const SNAPSHOT_READS = 2;
/** Every nth poll also reads the operations with the oldest updates, in case an event was missed. */
const SWEEP_EVERY = 7;

/** One WatchOperations stream. */
export interface Watcher {
  /** Empty for all mini-programs. */
  appid: string;
  /** Whether the caller may see a mini-program. */
  sees(appid: string): boolean;
  push(change: Change): void;
  end(error: Error): void;
}

/** Detects changes of operations on behalf of all watchers, as long as there are any. */
@Injectable()
export class OperationFeed {
  readonly #watchers = new Set<Watcher>();
  readonly #known = new KnownOperations();
  readonly #snapshotReads = new FairSemaphore(SNAPSHOT_READS);
  #since = new Date(0);
  #startedAt = 0;
  /** By how much the clock of Postgres, which sets the times of changes, is ahead of this process's. */
  #clockSkewMs = 0;
  #polls = 0;
  #polling = false;
  #failing = false;
  #stopping = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(Store) private readonly store: Store,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(Demand) private readonly demand: Demand,
  ) {
    store.probe.onStatus(({ server }) => {
      if (server !== undefined) this.#clockSkewMs = server.clockSkewMs;
    });
  }

  get isWatched(): boolean {
    return this.#watchers.size > 0;
  }

  /** Open streams. */
  get watchers(): number {
    return this.#watchers.size;
  }

  /** Ends the watcher at once if all were ended. */
  add(watcher: Watcher): void {
    if (this.#stopping) {
      watcher.end(watchStopping());
      return;
    }
    if (this.#watchers.size === 0) this.#start();
    this.#watchers.add(watcher);
    this.demand.signal();
  }

  remove(watcher: Watcher): void {
    if (!this.#watchers.delete(watcher)) return;
    if (this.#watchers.size === 0) clearTimeout(this.#timer);
  }

  /** Reads one page of a watcher's snapshot. Rejects with the signal's reason if the caller is gone. */
  readUnfinished(
    filter: Parameters<Store['operations']['listUnfinished']>[0],
    signal: AbortSignal,
    caller: string,
  ): ReturnType<Store['operations']['listUnfinished']> {
    return this.#snapshotReads.run(() => this.store.operations.listUnfinished(filter, signal), caller);
  }

  /**
   * Registers an operation from a watcher's snapshot: its further changes are published, and it may be new to others.
   */
  shown(change: Change, to: Watcher): void {
    // Older changes were part of the snapshot of every other watcher.
    if (this.#known.isNew(change) && change.version >= this.#startedAt) this.#push(change, to);
  }

  /** Publishes an operation that this process has just accepted. */
  accepted(operation: Operation): void {
    this.#publish({ operation, version: 0 });
  }

  /**
   * Publishes an operation whose end Kafka reports. One that is published again ended before the watchers came; if it did not, by
   * other clocks, the next poll finds it.
   */
  completed(operation: Operation): void {
    const isOld = Number(operation.endTime) < this.#startedAt;
    if (!isOld || this.#known.isUnfinished(operation.id)) this.#completed(operation);
  }

  /** Polls immediately, because something changed. */
  wake(): void {
    if (this.#watchers.size > 0 && !this.#polling) this.#pollIn(0);
  }

  /** Ends all streams when the process stops, also those of calls that are authorized later. */
  endAll(): void {
    this.#stopping = true;
    for (const watcher of [...this.#watchers]) watcher.end(watchStopping());
  }

  #start(): void {
    this.#known.clear();
    this.#since = new Date(Date.now() + this.#clockSkewMs - 5 * OVERLAP_MS);
    this.#startedAt = this.#since.getTime();
    this.#pollIn(POLL_MS);
  }

  #completed(operation: Operation): void {
    this.#publish({ operation, version: Number.POSITIVE_INFINITY });
  }

  #publish(change: Change): void {
    if (this.#watchers.size === 0) return;
    const run = this.#known.missedRun(change);
    if (!this.#known.isNew(change)) return;
    if (run !== undefined) this.#push(run);
    this.#push(change);
  }

  #push(change: Change, except?: Watcher): void {
    for (const watcher of [...this.#watchers]) {
      const { appid } = change.operation;
      const follows = watcher.appid === '' || watcher.appid === appid;
      if (follows && watcher !== except && watcher.sees(appid)) watcher.push(change);
    }
  }

  #pollIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#poll(), ms);
  }

  async #poll(): Promise<void> {
    this.#polling = true;
    try {
      await this.#readChanged();
      if (++this.#polls % SWEEP_EVERY === 0) await this.#sweep();
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.logger.warn(queryFailure(error), 'postgres query failed');
      this.#failing = true;
    }
    this.#polling = false;
    if (this.#watchers.size > 0) this.#pollIn(POLL_MS);
  }

  async #readChanged(): Promise<void> {
    const since = this.#since;
    let afterId: string | undefined;
    do {
      const rows = await this.store.operations.listChanged({
        since,
        limit: PAGE,
        ...(afterId && { afterId }),
      });
      rows.forEach((row) => {
        this.#publishRow(row);
      });
      afterId = rows.length === PAGE ? rows.at(-1)?.id : undefined;
    } while (afterId !== undefined && this.#watchers.size > 0);
  }

  async #sweep(): Promise<void> {
    const ids = this.#known.leastRecent(PAGE);
    const rows = await this.store.operations.findAll(ids);
    const found = new Set(rows.map(({ id }) => id));
    for (const row of rows) this.#publishRow(row);
    for (const id of ids) if (!found.has(id)) this.#known.forget(id);
  }

  #publishRow(row: StoredOperation): void {
    const overlapped = row.updatedAt.getTime() - OVERLAP_MS;
    if (overlapped > this.#since.getTime()) this.#since = new Date(overlapped);
    const operation = toOperation(row);
    if (isFinal(operation)) this.#completed(operation);
    else this.#publish(changeOf(row));
  }
}
