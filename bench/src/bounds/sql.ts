import type pg from 'pg';

/** Runs one statement and gives its rows. */
export type Sql = <T extends object>(text: string, values?: unknown[]) => Promise<T[]>;

export function sqlOf(pool: pg.Pool): Sql {
  return async <T extends object>(text: string, values: unknown[] = []) =>
    (await pool.query<T>(text, values)).rows;
}
