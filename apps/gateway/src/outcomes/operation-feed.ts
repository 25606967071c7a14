import { Inject, Injectable } from '@nestjs/common';
import { type Operation, toOperation } from '@wxa/contracts';
import type { Logger } from '@wxa/service';
import { type OperationEntity, Store } from '@wxa/store';
import { LOGGER } from '../config.js';
import { rpcError } from '../grpc/rpc-error.js';
import { watchStreams } from '../metrics.js';
import { type Change, changeOf, KnownOperations } from './known-operations.js';
import { isFinal } from './pending-queries.js';
import { Turns } from './turns.js';

const POLL_MS = 300;
/** Rows become visible at commit, a little after the instant they carry. */
const OVERLAP_MS = 1000;
const PAGE = 1000;
/** Snapshots that are read at once: those of a thousand streams must leave connections and time to other calls. */
const SNAPSHOT_READS = 2;
/** Every so many polls the operations that have been silent longest are looked up, should an event be missed. */
const SWEEP_EVERY = 7;

/** One stream that follows operations. */
export interface Watcher {
  /** Empty: all. */
  appid: string;
  push(change: Change): void;
  end(error: Error): void;
}

/** Finds the changes of operations for all watchers together, while there are any. */
@Injectable()
export class OperationFeed {
  /** Called when somebody begins to watch. */
  onDemand: () => void = () => undefined;
  readonly #watchers = new Set<Watcher>();
  readonly #known = new KnownOperations();
  readonly #snapshotReads = new Turns(SNAPSHOT_READS);
  #since = new Date(0);
  #beganAt = 0;
  #polls = 0;
  #polling = false;
  #failing = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(Store) private readonly store: Store,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  get isWatched(): boolean {
    return this.#watchers.size > 0;
  }

  add(watcher: Watcher): void {
    if (this.#watchers.size === 0) this.#begin();
    this.#watchers.add(watcher);
    this.onDemand();
    watchStreams.set(this.#watchers.size);
  }

  remove(watcher: Watcher): void {
    if (!this.#watchers.delete(watcher)) return;
    watchStreams.set(this.#watchers.size);
    if (this.#watchers.size === 0) clearTimeout(this.#timer);
  }

  /** One page of what a watcher is shown at its beginning. Rejects with the signal's reason where the caller is gone. */
  readUnfinished(
    filter: Parameters<Store['listUnfinished']>[0],
    signal: AbortSignal,
  ): Promise<OperationEntity[]> {
    return this.#snapshotReads.run(() => this.store.listUnfinished(filter, signal));
  }

  /** What a watcher was shown at its beginning: its end is looked for too, and it may be news to the others. */
  shown(change: Change, to: Watcher): void {
    // What is older was shown to each of them at its own beginning.
    if (this.#known.isNews(change) && change.version >= this.#beganAt) this.#push(change, to);
  }

  /** An operation that this process has just accepted. */
  accepted(operation: Operation): void {
    this.#publish({ operation, version: 0 });
  }

  /** An operation that the topic says is final. */
  completed(operation: Operation): void {
    this.#publish({ operation, version: Number.POSITIVE_INFINITY });
  }

  /** Looks at once: something changed. */
  wake(): void {
    if (this.#watchers.size > 0 && !this.#polling) this.#pollIn(0);
  }

  endAll(): void {
    const stopping = rpcError('STOPPING', 'gateway is shutting down; watch again');
    for (const watcher of [...this.#watchers]) watcher.end(stopping);
  }

  #begin(): void {
    this.#known.clear();
    this.#since = new Date(Date.now() - 5 * OVERLAP_MS);
    this.#beganAt = this.#since.getTime();
    this.#pollIn(POLL_MS);
  }

  #publish(change: Change): void {
    if (this.#watchers.size === 0) return;
    const run = this.#known.unseenRun(change);
    if (!this.#known.isNews(change)) return;
    if (run !== undefined) this.#push(run);
    this.#push(change);
  }

  #push(change: Change, except?: Watcher): void {
    for (const watcher of [...this.#watchers]) {
      const follows = watcher.appid === '' || watcher.appid === change.operation.appid;
      if (follows && watcher !== except) watcher.push(change);
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
      if (!this.#failing) this.logger.warn({ error: String(error) }, 'polling for changed operations failed');
      this.#failing = true;
    }
    this.#polling = false;
    if (this.#watchers.size > 0) this.#pollIn(POLL_MS);
  }

  async #readChanged(): Promise<void> {
    const since = this.#since;
    let afterId: string | undefined;
    do {
      const rows = await this.store.listUnfinished({ since, limit: PAGE, ...(afterId && { afterId }) });
      rows.forEach((row) => {
        this.#publishRow(row);
      });
      afterId = rows.length === PAGE ? rows.at(-1)?.id : undefined;
    } while (afterId !== undefined && this.#watchers.size > 0);
  }

  async #sweep(): Promise<void> {
    const ids = this.#known.longestSilent(PAGE);
    const rows = await this.store.findOperations(ids);
    const found = new Set(rows.map(({ id }) => id));
    for (const row of rows) this.#publishRow(row);
    for (const id of ids) if (!found.has(id)) this.#known.forget(id);
  }

  #publishRow(row: OperationEntity): void {
    const overlapped = row.updatedAt.getTime() - OVERLAP_MS;
    if (overlapped > this.#since.getTime()) this.#since = new Date(overlapped);
    const operation = toOperation(row);
    if (isFinal(operation)) this.completed(operation);
    else this.#publish(changeOf(row));
  }
}
