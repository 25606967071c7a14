import type { ServerWritableStream } from '@grpc/grpc-js';
import type { Operation } from '@wxa/contracts';
import { Observable, type Subscriber } from 'rxjs';
import { type CancellableCall, callSignal } from '../grpc/call-signal.js';
import { rpcError } from '../grpc/rpc-error.js';
import { type Change, changeOf, stateOf } from './known-operations.js';
import type { OperationFeed, Watcher } from './operation-feed.js';

const PAGE = 500;
/** A burst may be long for a moment; a client that takes nothing for a while is cut off much sooner. */
const MAX_UNREAD = 20_000;
const MAX_UNREAD_STALLED = 1000;
const STALLED_MS = 5000;
const MAX_SNAPSHOT = 100_000;

type WatchCall = CancellableCall &
  Pick<ServerWritableStream<unknown, Operation>, 'writableNeedDrain' | 'on' | 'off'>;

/** The current unfinished operations, then every change: the stream of one WatchOperations call. */
export function watchStream(watch: OperationFeed, appid: string, call: WatchCall): Observable<Operation> {
  return new Observable((subscriber) => {
    const stream = new WatchStream(watch, appid, call, subscriber);
    return () => stream.close();
  });
}

/**
 * Writes no faster than the client reads: the first operations are read from Postgres page by page, and of the
 * changes a limited number is kept for it.
 */
class WatchStream implements Watcher {
  readonly #unread: Change[] = [];
  /** What the snapshot showed; undefined once it is over. */
  #shown: Map<string, { state: string; version: number }> | undefined = new Map();
  #closed = false;
  #movedAt = performance.now();
  #onDrain: () => void = () => undefined;

  constructor(
    private readonly watch: OperationFeed,
    readonly appid: string,
    private readonly call: WatchCall,
    private readonly subscriber: Subscriber<Operation>,
  ) {
    this.watch.add(this);
    this.call.on('drain', this.#drained);
    this.#begin().catch((error: unknown) => this.subscriber.error(error));
  }

  push(change: Change): void {
    if (this.#isTooSlow())
      this.end(
        rpcError(
          'WATCHER_TOO_SLOW',
          `the client reads too slowly: ${this.#unread.length} changes are unread`,
        ),
      );
    else this.#unread.push(change);
    if (this.#shown === undefined) this.#flush();
  }

  #isTooSlow(): boolean {
    const { length } = this.#unread;
    const stalled = performance.now() - this.#movedAt > STALLED_MS;
    return length >= MAX_UNREAD || (stalled && length >= MAX_UNREAD_STALLED);
  }

  end(error: Error): void {
    this.subscriber.error(error);
  }

  close(): void {
    this.#closed = true;
    this.watch.remove(this);
    this.call.off('drain', this.#drained);
    this.#onDrain();
  }

  readonly #drained = (): void => {
    if (this.#shown === undefined) this.#flush();
    else this.#onDrain();
  };

  async #begin(): Promise<void> {
    await this.#showUnfinished();
    const shown = this.#shown;
    const fresh = this.#unread.filter((change) => isNewer(change, shown?.get(change.operation.id)));
    this.#unread.splice(0, this.#unread.length, ...fresh);
    this.#shown = undefined;
    this.#flush();
  }

  async #showUnfinished(): Promise<void> {
    const filter = { limit: PAGE, ...(this.appid && { appid: this.appid }) };
    const signal = callSignal(this.call);
    let afterId: string | undefined;
    do {
      const rows = await this.watch.readUnfinished({ ...filter, ...(afterId && { afterId }) }, signal);
      // A wait for the snapshot is not the client's fault.
      this.#movedAt = performance.now();
      for (const row of rows) await this.#show(changeOf(row));
      afterId = rows.length === PAGE ? rows.at(-1)?.id : undefined;
    } while (afterId !== undefined && !this.#closed);
  }

  async #show(change: Change): Promise<void> {
    while (this.call.writableNeedDrain && !this.#closed) await this.#untilDrained();
    if (this.#closed) return;
    const { operation, version } = change;
    if (this.#shown === undefined || this.#shown.size >= MAX_SNAPSHOT)
      throw rpcError(
        'WATCHER_TOO_SLOW',
        `more than ${MAX_SNAPSHOT} operations are unfinished; watch a single appid`,
      );
    this.#shown.set(operation.id, { state: stateOf(operation), version });
    this.watch.shown(change, this);
    this.subscriber.next(operation);
  }

  #untilDrained(): Promise<void> {
    return new Promise((resolve) => {
      this.#onDrain = resolve;
    });
  }

  #flush(): void {
    while (!this.#closed && !this.call.writableNeedDrain) {
      const change = this.#unread.shift();
      if (change === undefined) return;
      this.#movedAt = performance.now();
      this.subscriber.next(change.operation);
    }
  }
}

function isNewer(
  { operation, version }: Change,
  shown: { state: string; version: number } | undefined,
): boolean {
  return shown === undefined || (version > shown.version && stateOf(operation) !== shown.state);
}
