import type { Pool } from 'pg';

/** What was seen at WeChat before a claimed operation is sent. */
export interface Note {
  id: string;
  /** The claim's attempt: a lost claim notes nothing. */
  attempt: number;
  /** null: what was noted before stays. */
  noted: Record<string, string> | null;
  /** The claim holds so long from now. */
  leaseMs: number;
}

/** Keeps it and renews the claim; false where the claim is lost. */
export async function note(pool: Pool, { id, attempt, noted, leaseMs }: Note): Promise<boolean> {
  const { rowCount } = await pool.query({
    name: 'note',
    text: `update operations set noted = coalesce($3::json, noted), lease_until = clock_timestamp() + $4 * interval '1 millisecond'
      where id = $1 and attempt = $2 and state = 'RUNNING' and lease_until > clock_timestamp()`,
    values: [id, attempt, noted === null ? null : JSON.stringify(noted), leaseMs],
  });
  return rowCount === 1;
}
