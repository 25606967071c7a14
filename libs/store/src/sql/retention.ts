import type { Pool } from 'pg';
import { lowestId } from '../operation-id.js';

/** How long finished work is kept, in milliseconds; pushes and audits as long as changes. */
export interface Retention {
  queriesMs: number;
  changesMs: number;
}

/** What is deleted when it is old enough, each by itself. */
export const RETAINED = ['queries', 'changes', 'pushes', 'audits'] as const;
export type Retained = (typeof RETAINED)[number];

/** Rows at most in one statement. */
const AT_ONCE = 5_000;

// Not clock_timestamp(): only what stays the same during a statement can be looked up in an index. And not `in (select …)`:
// for 5,000 rows Postgres may read the whole table instead of looking each one up.
const OLD = `< statement_timestamp() - $1 * interval '1 millisecond'`;

const QUERIES = `delete from operations where id = any(array(select id from operations
  where not is_change and ended_at ${OLD} limit ${AT_ONCE}))`;

// The id tells the age (UUIDv7), so the oldest rows are found through the primary key.
const CHANGES = `delete from operations where id = any(array(select id from operations
  where id < $2::uuid and is_change and ended_at ${OLD}
  order by id limit ${AT_ONCE}))`;

const PUSHES = `delete from audit_pushes where key = any(array(select key from audit_pushes
  where not waiting and received_at ${OLD} order by received_at limit ${AT_ONCE}))`;

// The second kind stays open, but is not asked about any more.
const AUDITS = `delete from audits where operation_id = any(array(
  (select operation_id from audits where state <> 'OPEN' and decided_at ${OLD} order by decided_at limit ${AT_ONCE})
  union all
  (select operation_id from audits where state = 'OPEN' and next_poll_at = 'infinity' and submitted_at ${OLD}
    limit ${AT_ONCE})
  limit ${AT_ONCE}))`;

/** Deletes finished work of one kind that is old enough, a bounded number at a time; answers how many rows it deleted. */
export async function deleteOld(
  pool: Pool,
  what: Retained,
  { queriesMs, changesMs }: Retention,
): Promise<number> {
  const statements: Record<Retained, [text: string, values: unknown[]]> = {
    queries: [QUERIES, [queriesMs]],
    changes: [CHANGES, [changesMs, lowestId(Date.now() - changesMs)]],
    pushes: [PUSHES, [changesMs]],
    audits: [AUDITS, [changesMs]],
  };
  const { rowCount } = await pool.query(...statements[what]);
  return rowCount ?? 0;
}
