import type pg from 'pg';

/** Runs one statement and returns its rows. */
export type Sql = <T extends object>(text: string, values?: unknown[]) => Promise<T[]>;

export function sqlOf(pool: pg.Pool): Sql {
  return async <T extends object>(text: string, values: unknown[] = []) =>
    (await pool.query<T>(text, values)).rows;
}

/** The number of commands that are not published yet. */
export async function outboxDepth(sql: Sql): Promise<number> {
  const [row] = await sql<{ n: number }>(
    `select count(*)::int as n from outbox where writer like 'gateway%'`,
  );
  return row?.n ?? Number.NaN;
}
