import type pg from 'pg';

/** Runs one statement and gives its rows. */
export type Sql = <T extends object>(text: string, values?: unknown[]) => Promise<T[]>;

export function sqlOf(pool: pg.Pool): Sql {
  return async <T extends object>(text: string, values: unknown[] = []) =>
    (await pool.query<T>(text, values)).rows;
}

/** How many commands are not on the topic yet. */
export async function inOutbox(sql: Sql): Promise<number> {
  const [row] = await sql<{ n: number }>(`select count(*)::int as n from outbox where writer = 'gateway'`);
  return row?.n ?? Number.NaN;
}
