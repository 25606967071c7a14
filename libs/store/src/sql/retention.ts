import type { Pool } from 'pg';

/** How long finished work is kept, in milliseconds. */
export interface Retention {
  queriesMs: number;
  changesMs: number;
}

// Not clock_timestamp(): only what stays the same during a statement can be looked up in an index.
const QUERIES = `delete from operations where id in (select id from operations
  where not is_change and ended_at < statement_timestamp() - $1 * interval '1 millisecond' limit 5000)`;

// The id tells the age (UUIDv7), so the oldest rows are found through the primary key.
const CHANGES = `delete from operations where id in (select id from operations
  where id < ($2 || '-0000-0000-0000-000000000000')::uuid and is_change
    and ended_at < statement_timestamp() - $1 * interval '1 millisecond' order by id limit 5000)`;

const PUSHES = `delete from audit_pushes where not waiting
  and received_at < statement_timestamp() - $1 * interval '1 millisecond'`;

/** Deletes finished work that is old enough, a bounded number at a time; answers how many operations went. */
export async function deleteOld(pool: Pool, { queriesMs, changesMs }: Retention): Promise<number> {
  const queries = await pool.query(QUERIES, [queriesMs]);
  const changes = await pool.query(CHANGES, [changesMs, uuidTimePrefix(Date.now() - changesMs)]);
  await pool.query(PUSHES, [changesMs]);
  return (queries.rowCount ?? 0) + (changes.rowCount ?? 0);
}

/** The first 32 of the 48 bits of time in a UUIDv7. */
function uuidTimePrefix(ms: number): string {
  return Math.max(0, ms).toString(16).padStart(12, '0').slice(0, 8);
}
