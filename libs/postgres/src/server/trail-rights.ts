import type { Pool } from 'pg';

/** Whether the role of the connections may delete rows of the audit trail, as the owner of the schema and superusers may. */
export async function mayDeleteTrail(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query<{ may: boolean }>(
    `select has_table_privilege('trail', 'DELETE') as "may"`,
  );
  return rows[0]?.may ?? false;
}
