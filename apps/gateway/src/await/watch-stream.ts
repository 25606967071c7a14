import { Metadata, type ServerWritableStream } from '@grpc/grpc-js';
import type { Operation } from '@wxa/contracts';
import type { VisibleAppids } from '@wxa/policy';
import { Observable, type Subscriber } from 'rxjs';
import { rpcError } from '../errors/rpc-error.js';
import { type CancellableCall, callSignal } from './call-signal.js';
import { type Change, changeOf, stateOf } from './known-operations.js';
import type { OperationFeed, Watcher } from './operation-feed.js';

const PAGE = 500;
/** A reading client may lag behind by a burst; a client that stopped reading is disconnected much earlier. */
const MAX_UNREAD = 20_000;
const MAX_UNREAD_STALLED = 1000;
const STALLED_MS = 5000;
const MAX_SNAPSHOT = 100_000;

type WatchCall = CancellableCall &
  Pick<ServerWritableStream<unknown, Operation>, 'writableNeedDrain' | 'on' | 'off' | 'sendMetadata'>;

/** What a stream shows: one mini-program, or all (empty), of those that the caller may see at that time. */
export interface Watched {
  /** Its name in the policy; empty without a policy. */
  caller: string;
  appid: string;
  /** Undefined if the caller may see all. */
  visible(): VisibleAppids | undefined;
}

/** The stream of one WatchOperations call: the current unfinished operations, then every change. */
export function watchStream(feed: OperationFeed, watched: Watched, call: WatchCall): Observable<Operation> {
  return new Observable((subscriber) => {
    const stream = new WatchStream(feed, watched, call, subscriber);
    return () => stream.close();
  });
}

/**
 * Writes at the client's pace: the snapshot is read from Postgres page by page, and a limited number of changes is
 * buffered.
 */
class WatchStream implements Watcher {
  readonly #unread: Change[] = [];
  /** States sent in the snapshot; undefined after the snapshot is complete. */
  #shown: Map<string, { state: string; version: number }> | undefined = new Map();
  #closed = false;
  #lastSentAt = performance.now();
  #onDrain: () => void = () => undefined;

  constructor(
    private readonly feed: OperationFeed,
    private readonly watched: Watched,
    private readonly call: WatchCall,
    private readonly subscriber: Subscriber<Operation>,
  ) {
    this.feed.add(this);
    this.call.on('drain', this.#drained);
    this.#start().catch((error: unknown) => this.subscriber.error(error));
  }

  get appid(): string {
    return this.watched.appid;
  }

  sees(appid: string): boolean {
    return this.watched.visible()?.has(appid) ?? true;
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
    const stalled = performance.now() - this.#lastSentAt > STALLED_MS;
    return length >= MAX_UNREAD || (stalled && length >= MAX_UNREAD_STALLED);
  }

  end(error: Error): void {
    this.subscriber.error(error);
  }

  close(): void {
    this.#closed = true;
    this.feed.remove(this);
    this.call.off('drain', this.#drained);
    this.#onDrain();
  }

  readonly #drained = (): void => {
    if (this.#shown === undefined) this.#flush();
    else this.#onDrain();
  };

  async #start(): Promise<void> {
    await this.#showUnfinished();
    // The first message has sent it; without one the client would not learn that it is connected.
    if (!this.#closed) this.call.sendMetadata(new Metadata());
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
      const visible = this.watched.visible();
      // A client that waits for the snapshot read is not stalled.
      this.#lastSentAt = Number.POSITIVE_INFINITY;
      const { operations, examinedTo } = await this.feed.readUnfinished(
        { ...filter, ...(visible && { visible }), ...(afterId && { afterId }) },
        signal,
        this.watched.caller,
      );
      this.#lastSentAt = performance.now();
      for (const row of operations) await this.#show(changeOf(row));
      afterId = examinedTo;
    } while (afterId !== undefined && !this.#closed);
  }

  async #show(change: Change): Promise<void> {
    while (this.call.writableNeedDrain && !this.#closed) await this.#untilDrained();
    const { operation, version } = change;
    // The policy may have changed since the read, or while the client did not read.
    if (this.#closed || !this.sees(operation.appid)) return;
    if (this.#shown === undefined || this.#shown.size >= MAX_SNAPSHOT)
      throw rpcError(
        'WATCHER_TOO_SLOW',
        `more than ${MAX_SNAPSHOT} operations are unfinished; watch a single appid`,
      );
    this.#shown.set(operation.id, { state: stateOf(operation), version });
    this.feed.shown(change, this);
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
      this.#lastSentAt = performance.now();
      // The policy may have changed while the client did not read.
      if (this.sees(change.operation.appid)) this.subscriber.next(change.operation);
    }
  }
}

function isNewer(
  { operation, version }: Change,
  shown: { state: string; version: number } | undefined,
): boolean {
  return shown === undefined || (version > shown.version && stateOf(operation) !== shown.state);
}
