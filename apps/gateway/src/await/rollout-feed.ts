import { Inject, Injectable } from '@nestjs/common';
import type { KnownRollout, WatchedRollout } from '@wxa/rollouts/calls';
import { type Logger, queryFailure } from '@wxa/service';
import { Store } from '@wxa/store';
import { Observable, type Subscriber } from 'rxjs';
import { LOGGER } from '../config.js';
import { rpcError, watchStopping } from '../errors/rpc-error.js';

/** A change is shown at most one second later, in at most four messages a second. */
const POLL_MS = 300;
/** A client that reads nothing for this long is disconnected. */
const STALLED_MS = 30_000;
const ENDED: readonly WatchedRollout['state'][] = ['COMPLETED', 'CANCELLED'];

/** Reads the watched rollouts on behalf of all watchers, as long as there are any. */
@Injectable()
export class RolloutFeed {
  readonly #watchers = new Set<RolloutWatcher<unknown>>();
  #timer: NodeJS.Timeout | undefined;
  #failing = false;
  #stopping = false;

  constructor(
    @Inject(Store) private readonly store: { rollouts: Pick<Store['rollouts'], 'changed'> },
    @Inject(LOGGER) private readonly logger: Pick<Logger, 'warn'>,
  ) {}

  /** Open streams. */
  get watchers(): number {
    return this.#watchers.size;
  }

  /**
   * The stream of one WatchRollout call: the rollout as it is, then each other version; it ends after the one that has ended.
   * @param first the rollout as it is.
   * @param toMessage throws to end the stream with an error, for example if the caller may no longer see the rollout.
   */
  watch<Message>(
    first: WatchedRollout,
    toMessage: (rollout: WatchedRollout) => Message,
    call: Call,
  ): Observable<Message> {
    return new Observable((subscriber) => {
      if (this.#stopping) return subscriber.error(watchStopping());
      const watcher = new RolloutWatcher(first, toMessage, call, subscriber);
      if (watcher.isOpen) this.#add(watcher as RolloutWatcher<unknown>);
      return () => {
        watcher.close();
        this.#watchers.delete(watcher as RolloutWatcher<unknown>);
      };
    });
  }

  /** Ends all streams when the process stops, also those of calls that are authorized later. */
  endAll(): void {
    this.#stopping = true;
    for (const watcher of [...this.#watchers]) watcher.end(watchStopping());
    clearTimeout(this.#timer);
  }

  #add(watcher: RolloutWatcher<unknown>): void {
    this.#watchers.add(watcher);
    if (this.#watchers.size === 1) this.#pollLater();
  }

  #pollLater(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#poll(), POLL_MS);
  }

  async #poll(): Promise<void> {
    // A watcher that comes meanwhile may have a later version than this read.
    const watchers = [...this.#watchers];
    try {
      const byId = new Map(await this.store.rollouts.changed(versionsOf(watchers)));
      for (const watcher of watchers) watcher.show(byId.get(watcher.id));
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.logger.warn(queryFailure(error), 'postgres query failed');
      this.#failing = true;
    }
    if (this.#watchers.size > 0) this.#pollLater();
  }
}

/** The versions that watchers have, each once. */
function versionsOf(watchers: readonly RolloutWatcher<unknown>[]): KnownRollout[] {
  const known = new Map(watchers.map(({ id, version }) => [`${id} ${version}`, { id, version }]));
  return [...known.values()];
}

/** The part of a ServerWritableStream that is used here. */
interface Call {
  readonly writableNeedDrain: boolean;
  on(event: 'drain', listener: () => void): unknown;
  off(event: 'drain', listener: () => void): unknown;
}

/** Writes at the client's pace: while it does not read, only the latest version is kept. */
class RolloutWatcher<Message> {
  readonly id: string;
  #version: string;
  #unread: WatchedRollout | undefined;
  #lastSentAt = performance.now();
  #isOpen = true;

  constructor(
    first: WatchedRollout,
    private readonly toMessage: (rollout: WatchedRollout) => Message,
    private readonly call: Call,
    private readonly subscriber: Subscriber<Message>,
  ) {
    this.id = first.id;
    this.#version = first.version;
    this.call.on('drain', this.#send);
    this.#unread = first;
    this.#send();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get version(): string {
    return this.#version;
  }

  /** @param rollout as it is now, of whatever version; null: Postgres has lost it; undefined: it has not changed. */
  show(rollout: WatchedRollout | null | undefined): void {
    if (rollout === null) this.end(rpcError('ROLLOUT_NOT_FOUND', `rollout ${this.id} not found`));
    else if (rollout !== undefined && rollout.version !== this.#version) {
      this.#version = rollout.version;
      this.#unread = rollout;
    }
    this.#send();
    if (this.#unread !== undefined && performance.now() - this.#lastSentAt > STALLED_MS)
      this.end(
        rpcError('WATCHER_TOO_SLOW', `the client has read nothing for ${STALLED_MS / 1000} s; watch again`),
      );
  }

  end(error: unknown): void {
    this.subscriber.error(error);
  }

  close(): void {
    this.#isOpen = false;
    this.call.off('drain', this.#send);
  }

  readonly #send = (): void => {
    const rollout = this.#unread;
    if (rollout === undefined || !this.#isOpen || this.call.writableNeedDrain) return;
    this.#unread = undefined;
    this.#lastSentAt = performance.now();
    try {
      this.subscriber.next(this.toMessage(rollout));
    } catch (error) {
      this.end(error);
      return;
    }
    if (ENDED.includes(rollout.state)) {
      this.close();
      this.subscriber.complete();
    }
  };
}
