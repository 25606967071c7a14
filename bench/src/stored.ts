import { migratedDatabase } from './migrated-database.js';
import type { Servers } from './servers.js';
import { sqlOf } from './sql.js';
import { writeHistory } from './write-history.js';

/** Makes a database in which so many operations of a day are stored. A worker that starts on it has nothing to do. */
export async function storeHistory({ postgres }: Servers, name: string, rows: number): Promise<void> {
  const { pool } = await migratedDatabase(postgres.url, name);
  const sql = sqlOf(pool);
  try {
    await writeHistory(sql, rows);
    // What is parked for a day stays; what is in doubt, blocked or queued would be run.
    await sql(`delete from operations where ended_at is null and state <> 'RETRYING'`);
    await sql('vacuum analyze operations');
    await sql('checkpoint');
  } finally {
    await pool.end();
  }
}
