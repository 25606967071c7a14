import type { Pool } from 'pg';

const HOLD = `
insert into leases (name, holder, until) values ($1, $2, clock_timestamp() + $3 * interval '1 millisecond')
on conflict (name) do update set holder = excluded.holder, until = excluded.until
where leases.holder = excluded.holder or leases.until < clock_timestamp()`;

/** Takes a free or expired lease, or renews the holder's own. Returns false if another process holds it. */
export async function holdLease(pool: Pool, name: string, holder: string, ms: number): Promise<boolean> {
  const { rowCount } = await pool.query({ name: 'hold-lease', text: HOLD, values: [name, holder, ms] });
  return rowCount === 1;
}

/** Releases a lease, so that the next holder need not wait until it expires. */
export async function releaseLease(pool: Pool, name: string, holder: string): Promise<void> {
  await pool.query('delete from leases where name = $1 and holder = $2', [name, holder]);
}
