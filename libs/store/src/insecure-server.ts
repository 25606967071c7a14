import type { Pool } from 'pg';

// A base backup is a WAL sender too, but it is no standby.
const ASYNC_STANDBY = `
select current_setting('synchronous_standby_names') = ''
  and exists (select from pg_stat_replication where state is distinct from 'backup') as "isAsync"`;

/** Whether a standby is connected although commits wait for none, so that a failover can lose some. */
export async function hasAsyncStandby(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query<{ isAsync: boolean }>(ASYNC_STANDBY);
  return rows[0]?.isAsync ?? false;
}

/** Whether the role of the connections may delete rows of the audit trail, as the owner of the schema and superusers may. */
export async function mayDeleteTrail(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query<{ may: boolean }>(
    `select has_table_privilege('trail', 'DELETE') as "may"`,
  );
  return rows[0]?.may ?? false;
}
