import type { ClientBase, Pool } from 'pg';

/** Retention may have deleted operations that ended up to these times; null: none so far. */
export interface DeletedUntil {
  queries: Date | null;
  changes: Date | null;
}

/** Up to when operations have been deleted by retention. */
export async function readDeletedUntil(connection: Pool | ClientBase): Promise<DeletedUntil> {
  const { rows } = await connection.query<DeletedUntil>(
    'select queries_deleted_until as queries, changes_deleted_until as changes from history_state',
  );
  return rows[0] ?? { queries: null, changes: null };
}
