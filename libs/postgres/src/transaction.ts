import type { ClientBase, Pool, PoolClient } from 'pg';
import { isUnavailable } from './unavailable.js';

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
      await client.query('begin');
      const result = await work(client);
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
