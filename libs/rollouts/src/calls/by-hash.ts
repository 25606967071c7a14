import type { ClientBase } from 'pg';

/**
 * Runs statements of a transaction whose joins are by hash. With the statistics of other rollouts Postgres takes a new one for a
 * single row, and would compare each of its targets with each that is given: 10,000 took a minute.
 */
export async function byHash<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query('set local enable_nestloop = off');
  const result = await work();
  await client.query('set local enable_nestloop to default');
  return result;
}
