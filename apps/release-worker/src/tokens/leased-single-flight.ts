import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Store } from '@wxa/store';

const POLL_MS = 100;

/**
 * Holds the lease for one more call: the instant after which that must not be sent, by performance.now(); undefined if
 * the lease was lost, and nothing may be sent.
 */
export type Renew = () => Promise<number | undefined>;

/** What is to be done once, over all processes. */
export interface Task<T> {
  /** What is known without doing anything; undefined: it has to be done. */
  read(): Promise<T | undefined>;
  run(renew: Renew): Promise<T>;
  /** Others took too long. */
  timedOut(): T;
}

/**
 * Has one process of all do a thing at a time; who comes meanwhile waits for what that makes known. By a lease in
 * Postgres, so that a process that dies or stands still holds it no longer than one call takes; no transaction is
 * open.
 */
export class LeasedSingleFlight<T> {
  readonly #inFlight = new Map<string, Promise<T>>();
  #stopped = false;

  /**
   * @param options `leaseMs`: the longest time of one call, and `marginMs` more; the lease is not believed where
   *   getting it took longer than the margin. `waitMs`: others are waited for so long.
   */
  constructor(
    private readonly store: Pick<Store, 'holdLease' | 'releaseLease'>,
    private readonly options: { leaseMs: number; marginMs: number; waitMs: number },
  ) {}

  /**
   * In one process, who comes while a task of that name is under way gets what comes of it.
   * @param variant tells apart those whom not the same answer serves, as after a token was refused; they take turns.
   */
  run(name: string, task: Task<T>, variant = ''): Promise<T> {
    const key = `${name} ${variant}`;
    const underWay = this.#inFlight.get(key);
    if (underWay !== undefined) return underWay;
    if (this.#stopped) return Promise.resolve(task.timedOut());
    const done = this.#run(name, task).finally(() => this.#inFlight.delete(key));
    this.#inFlight.set(key, done);
    return done;
  }

  /** Resolves when what is under way has ended; nothing more is done then, who comes is told that it is late. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.allSettled(this.#inFlight.values());
  }

  async #run(name: string, task: Task<T>): Promise<T> {
    const holder = randomUUID();
    const until = performance.now() + this.options.waitMs;
    while ((await this.#hold(name, holder)) === undefined) {
      if (this.#stopped || performance.now() > until) return task.timedOut();
      await delay(POLL_MS);
      const known = await task.read();
      if (known !== undefined) return known;
    }
    try {
      return (await task.read()) ?? (await task.run(() => this.#hold(name, holder)));
    } finally {
      await this.store.releaseLease(name, holder).catch(() => undefined);
    }
  }

  async #hold(name: string, holder: string): Promise<number | undefined> {
    const { leaseMs, marginMs } = this.options;
    const askedAt = performance.now();
    const held = await this.store.holdLease(name, holder, leaseMs);
    return held && performance.now() - askedAt <= marginMs ? askedAt + leaseMs : undefined;
  }
}
