import type { Pool } from 'pg';
import { MIGRATIONS } from './migrations/migrations.js';

/** The schema lacks a migration; run `npm run migrate` first. */
export class SchemaBehindError extends Error {
  constructor() {
    super('the database schema is behind: run `npm run migrate` first');
    this.name = 'SchemaBehindError';
  }
}

/** Rejects with SchemaBehindError if the schema lacks a migration of this version. */
export async function rejectIfBehind(pool: Pool): Promise<void> {
  const [table] = (await pool.query(`select to_regclass('migrations') as found`)).rows;
  if (table?.found === null) throw new SchemaBehindError();
  const { rows } = await pool.query<{ name: string }>('select name from migrations');
  const done = new Set(rows.map(({ name }) => name));
  if (MIGRATIONS.some(({ name }) => !done.has(name))) throw new SchemaBehindError();
}
