import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Store } from '@wxa/store';

const POLL_MS = 100;

/**
 * Renews the lease for one call, unless it was taken just now; resolves with the time after which the call must not be sent, in
 * performance.now() time, or with undefined if the lease was lost and nothing may be sent.
 */
export type Renew = () => Promise<number | undefined>;

/** A task that runs once, over all processes. */
export interface Task<T> {
  /** The stored result, while another process holds the lease; undefined if the task must run. */
  read(): Promise<T | undefined>;
  /** Has the lease as `holder`: another process may have stored the result before. */
  run(renew: Renew, holder: string): Promise<T>;
  /** The result if another process took too long. */
  timedOut(): T;
}

/**
 * Runs a task in one process at a time; concurrent callers wait for its stored result. It uses a lease in Postgres, so
 * that a process that dies or stalls blocks others no longer than one call takes, and no transaction is open.
 */
export class LeasedSingleFlight<T> {
  readonly #inFlight = new Map<string, Promise<T>>();
  #stopped = false;

  /**
   * @param options `leaseMs`: the longest time of one call plus `marginMs`; a lease whose request took longer than the
   *   margin is not used. `waitMs`: maximum wait for another process.
   */
  constructor(
    private readonly store: { leases: Pick<Store['leases'], 'hold' | 'release'> },
    private readonly options: { leaseMs: number; marginMs: number; waitMs: number },
  ) {}

  /**
   * Concurrent callers of one process share the result of a task with the same name and variant.
   * @param variant separates callers that need different results, as after a token was rejected; variants run in turn.
   */
  run(name: string, task: Task<T>, variant = ''): Promise<T> {
    const key = `${name} ${variant}`;
    const inFlight = this.#inFlight.get(key);
    if (inFlight !== undefined) return inFlight;
    if (this.#stopped) return Promise.resolve(task.timedOut());
    const done = this.#run(name, task).finally(() => this.#inFlight.delete(key));
    this.#inFlight.set(key, done);
    return done;
  }

  /** Resolves when running tasks have ended; later callers get `timedOut`. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.allSettled(this.#inFlight.values());
  }

  async #run(name: string, task: Task<T>): Promise<T> {
    const holder = randomUUID();
    const until = performance.now() + this.options.waitMs;
    let held = await this.#hold(name, holder);
    while (held === undefined) {
      if (this.#stopped || performance.now() > until) return task.timedOut();
      await delay(POLL_MS);
      const found = await task.read();
      if (found !== undefined) return found;
      held = await this.#hold(name, holder);
    }
    // One call is covered by the lease as it was taken, as if that had lasted until now.
    let first: number | undefined = held;
    const renew = async () => {
      const taken = first;
      first = undefined;
      return taken !== undefined && this.#isFresh(taken) ? taken : this.#hold(name, holder);
    };
    try {
      return await task.run(renew, holder);
    } finally {
      await this.store.leases.release(name, holder).catch(() => undefined);
    }
  }

  async #hold(name: string, holder: string): Promise<number | undefined> {
    const { leaseMs } = this.options;
    const until = performance.now() + leaseMs;
    const isHeld = await this.store.leases.hold(name, holder, leaseMs);
    return isHeld && this.#isFresh(until) ? until : undefined;
  }

  /** Whether a lease until then was requested within the margin. */
  #isFresh(until: number): boolean {
    const { leaseMs, marginMs } = this.options;
    return until - performance.now() >= leaseMs - marginMs;
  }
}
