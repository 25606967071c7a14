import type { ClientBase, Pool, PoolClient } from 'pg';
import { Batcher, type Cancellation } from './batcher.js';
import type { BatchName, StoreObserver } from './observer.js';
import { isUnavailable } from './unavailable.js';

/** Functions without their first parameters, which are those of `Context`. */
export type Bound<Context extends unknown[], Functions> = {
  [Name in keyof Functions]: Functions[Name] extends (...args: [...Context, ...infer Args]) => infer Result
    ? (...args: Args) => Result
    : never;
};

/** Binds the first parameters of functions, such as the pool of their statements. */
export function bound<
  Context extends unknown[],
  Functions extends Record<string, (...args: [...Context, ...never[]]) => unknown>,
>(context: [...Context], functions: Functions): Bound<Context, Functions> {
  const each = Object.entries(functions).map(([name, run]) => [
    name,
    (...args: never[]) => run(...context, ...args),
  ]);
  return Object.fromEntries(each) as Bound<Context, Functions>;
}

/** Functions of one item whose calls share statements; see Batcher. */
export class Batches {
  readonly #batchers: { name: BatchName; batcher: { readonly waiting: number } }[] = [];

  constructor(private readonly observer: Pick<StoreObserver, 'batch'> | undefined) {}

  /** The function rejects with the signal's reason if the signal is aborted before the statement begins. */
  of<Item, Result>(
    name: BatchName,
    run: (items: Item[]) => Promise<Result[]>,
    options: Partial<ConstructorParameters<typeof Batcher<Item, Result>>[1]> & { parallel: number },
  ): (item: Item, signal?: Cancellation, onStart?: (items: number) => void) => Promise<Result> {
    const { observer } = this;
    const observed = (items: Item[]) => {
      observer?.batch(name, items.length);
      return run(items);
    };
    const batcher = new Batcher(observer === undefined ? run : observed, { ...BATCH, ...options });
    this.#batchers.push({ name, batcher });
    return (item, signal, onStart) => batcher.add(item, signal, onStart);
  }

  /** How many items wait, by batch. */
  waiting(): Map<BatchName, number> {
    const waiting = new Map<BatchName, number>();
    for (const { name, batcher } of this.#batchers)
      waiting.set(name, (waiting.get(name) ?? 0) + batcher.waiting);
    return waiting;
  }
}

const BATCH = {
  maxBatch: 200,
  maxWaiting: 20_000,
  // An error that is not transient is the fault of one item, such as a claim that would begin a second change of a
  // mini-program and violates the unique index. Run alone it finds its blocker, and the other items succeed.
  splitOn: (error: unknown) => !isUnavailable(error),
};

/** A text of Postgres has no NUL character, which WeChat's JSON could have. */
export function storable(text: string): string {
  return text.replaceAll('\u0000', '');
}

/** As JSON whose members Postgres can read: it fails on a NUL character anywhere in it. */
export function storableJson(value: unknown): string {
  return JSON.stringify(value, (_, each) => (typeof each === 'string' ? storable(each) : each));
}

/**
 * An SQL expression of a JSON value without the NUL characters that requests could have before the gateway refused them: with one of
 * them Postgres reads no member. A backslash that is escaped itself begins no escape.
 */
export const withoutNul = (json: string): string =>
  String.raw`(case when strpos(${json}::text, '\u0000') = 0 then ${json}
    else regexp_replace(${json}::text, '(?<!\\)((?:\\\\)*)\\u0000', '\1', 'g')::json end)`;

/** By the connection of a running transaction. */
const afterCommits = new WeakMap<ClientBase, (() => void)[]>();

/** Runs `task`, which must not throw, once the transaction of this connection is committed; never if it is rolled back. */
export function afterCommit(client: ClientBase, task: () => void): void {
  afterCommits.get(client)?.push(task);
}

/** Runs `work` in one transaction: committed when it resolves, rolled back when it rejects. */
export function transaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return withClient(pool, async (client, onBroken) => {
    const tasks: (() => void)[] = [];
    afterCommits.set(client, tasks);
    try {
      const begun = client.query('begin');
      // A connection that pipelines sends it with the first statement, which fails too if this does.
      if (!client.pipeline) await begun;
      const working = work(client);
      await Promise.allSettled([begun, working]);
      await begun;
      const result = await working;
      await client.query('commit');
      for (const task of tasks) task();
      return result;
    } catch (error) {
      // Such a connection is closed, which rolls back too; on one that hangs, the rollback would wait as long again.
      if (!isUnavailable(error)) await client.query('rollback').catch(onBroken);
      throw error;
    } finally {
      afterCommits.delete(client);
    }
  });
}

/**
 * Sends two statements with their transaction and waits once for all of it, on connections that pipeline. Committed if both
 * resolve. If a statement fails, Postgres rolls back the earlier ones and rejects the later ones.
 * @param check throws if the connection must not be used for this.
 */
export function pipelined<A, B>(
  pool: Pool,
  check: (client: PoolClient) => void,
  statements: (client: PoolClient) => [Promise<A>, Promise<B>],
): Promise<[A, B]> {
  return withClient(pool, async (client) => {
    check(client);
    const begun = client.query('begin');
    const sent = statements(client);
    const all = [begun, ...sent, client.query('commit')];
    await Promise.allSettled(all);
    // The first error is the cause of those after it.
    await Promise.all(all);
    return Promise.all(sent);
  });
}

/** Runs a statement on a connection that `check` does not reject. */
export function checked<T>(
  pool: Pool,
  check: (client: PoolClient) => void | Promise<void>,
  run: (client: PoolClient) => Promise<T>,
): Promise<T> {
  return withClient(pool, async (client) => {
    await check(client);
    return run(client);
  });
}

/** Runs a read. Rejects with the signal's reason if the signal is aborted before a connection is free. */
export function unlessAborted<T>(
  pool: Pool,
  signal: AbortSignal | undefined,
  read: (client: PoolClient) => Promise<T>,
): Promise<T> {
  return withClient(pool, (client) => {
    signal?.throwIfAborted();
    return read(client);
  });
}

/** @param work calls `onBroken` if the connection must not be used again. */
async function withClient<T>(
  pool: Pool,
  work: (client: PoolClient, onBroken: () => void) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken = false;
  const onBroken = () => {
    broken = true;
  };
  // A lost connection emits an error in addition to failing its statement; without a listener it would end the process.
  client.on('error', onBroken);
  try {
    return await work(client, onBroken);
  } catch (error) {
    // The next connection may reach another server: after a failover this one can be a standby.
    broken ||= isUnavailable(error);
    throw error;
  } finally {
    client.off('error', onBroken);
    client.release(broken);
  }
}
