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
  look(): Promise<T | undefined>;
  act(renew: Renew): Promise<T>;
  /** Others took too long. */
  late(): T;
}

/**
 * Has one process of all do a thing at a time; who comes meanwhile waits for what that makes known. By a lease in
 * Postgres, so that a process that dies or stands still holds it no longer than one call takes; no transaction is
 * open.
 */
export class OneAtATime<T> {
  readonly #underWay = new Map<string, Promise<T>>();
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
   * @param wish tells apart those whom not the same answer serves, as after a token was refused; they take turns.
   */
  run(name: string, task: Task<T>, wish = ''): Promise<T> {
    const key = `${name} ${wish}`;
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) return underWay;
    if (this.#stopped) return Promise.resolve(task.late());
    const done = this.#run(name, task).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, done);
    return done;
  }

  /** Resolves when what is under way has ended; nothing more is done then, who comes is told that it is late. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.allSettled(this.#underWay.values());
  }

  async #run(name: string, task: Task<T>): Promise<T> {
    const holder = randomUUID();
    const until = performance.now() + this.options.waitMs;
    while ((await this.#hold(name, holder)) === undefined) {
      if (this.#stopped || performance.now() > until) return task.late();
      await delay(POLL_MS);
      const known = await task.look();
      if (known !== undefined) return known;
    }
    try {
      return (await task.look()) ?? (await task.act(() => this.#hold(name, holder)));
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
