import type { Pool, PoolClient } from 'pg';

/** Runs `work` in one transaction: committed when it resolves, rolled back when it rejects. */
export function transaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return withClient(pool, async (client, onBroken) => {
    try {
      await client.query('begin');
      const result = await work(client);
      await client.query('commit');
      return result;
    } catch (error) {
      await client.query('rollback').catch(onBroken);
      throw error;
    }
  });
}

/**
 * Sends two statements with their transaction and waits once for all of it, on connections that pipeline: committed
 * where both resolve. Of a statement that is refused Postgres rolls back what came before, and refuses what comes after.
 */
export function pipelined<A, B>(
  pool: Pool,
  statements: (client: PoolClient) => [Promise<A>, Promise<B>],
): Promise<[A, B]> {
  return withClient(pool, async (client) => {
    const begun = client.query('begin');
    const sent = statements(client);
    const all = [begun, ...sent, client.query('commit')];
    await Promise.allSettled(all);
    // The first error is the cause of those after it.
    await Promise.all(all);
    return Promise.all(sent);
  });
}

/** Runs a read on a connection, unless the caller is gone by the time one is free: then rejects with the signal's reason. */
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

/** @param work says by `onBroken` that the connection is not to be used again. */
async function withClient<T>(
  pool: Pool,
  work: (client: PoolClient, onBroken: () => void) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken = false;
  const onBroken = () => {
    broken = true;
  };
  // A connection that ends says so beside the statement it fails; unheard that would end the process.
  client.on('error', onBroken);
  try {
    return await work(client, onBroken);
  } finally {
    client.off('error', onBroken);
    client.release(broken);
  }
}
