import { migrateDatabase } from '@wxa/postgres/data-source';
import { createDatabase } from '@wxa/stack';
import pg from 'pg';
import type { Servers } from './load/servers.js';
import { sqlOf } from './load/sql.js';
import { writeHistory } from './load/write-history.js';

/** Creates a database with the current schema and opens one connection to it; the caller ends the pool. */
export async function migratedDatabase(
  server: string,
  name: string,
): Promise<{ url: string; pool: pg.Pool }> {
  const url = await createDatabase(server, name);
  await migrateDatabase({ url });
  return { url, pool: new pg.Pool({ connectionString: url, max: 1 }) };
}

/** Creates a database with a day of operations. A worker that starts on it has nothing to do. */
export async function storeHistory({ postgres }: Servers, name: string, rows: number): Promise<void> {
  const { pool } = await migratedDatabase(postgres.url, name);
  const sql = sqlOf(pool);
  try {
    await writeHistory(sql, rows);
    // RETRYING operations are due in a day; those in doubt, blocked or queued would run.
    await sql(`delete from operations where ended_at is null and state <> 'RETRYING'`);
    await sql('vacuum analyze operations');
    await sql('checkpoint');
  } finally {
    await pool.end();
  }
}
