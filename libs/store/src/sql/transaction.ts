import type { Pool, PoolClient } from 'pg';

/** Runs `work` in one transaction: committed when it resolves, rolled back when it rejects. */
export async function transaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken = false;
  // A connection that ends says so beside the statement it fails; unheard that would end the process.
  const onEnd = () => {
    broken = true;
  };
  client.on('error', onEnd);
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(onEnd);
    throw error;
  } finally {
    client.off('error', onEnd);
    client.release(broken);
  }
}
