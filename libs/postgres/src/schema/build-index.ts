import type { QueryRunner } from 'typeorm';
import { withoutLockLimit } from './lock-timeout.js';

/**
 * Builds an index while its table is read and written, unless it exists. For a migration with `transaction = false`, because
 * PostgreSQL builds no index concurrently inside a transaction. It waits for every open transaction, such as a backup. An
 * invalid index of that name, left by an interrupted build, is replaced.
 * @param on the table and the columns, as in `on operations (state, id)`.
 * @param unique whether its values must be distinct.
 */
export async function buildIndex(
  runner: QueryRunner,
  name: string,
  on: string,
  { unique = false } = {},
): Promise<void> {
  if (await isValid(runner, name)) return;
  await dropIndex(runner, name);
  await withoutLockLimit(runner, `create ${unique ? 'unique ' : ''}index concurrently ${name} ${on}`);
}

/** Drops an index while its table is read and written, if it exists. */
export async function dropIndex(runner: QueryRunner, name: string): Promise<void> {
  await withoutLockLimit(runner, `drop index concurrently if exists ${name}`);
}

async function isValid(runner: QueryRunner, name: string): Promise<boolean> {
  const found: unknown[] = await runner.query(
    'select from pg_index where indexrelid = to_regclass($1) and indisvalid',
    [name],
  );
  return found.length > 0;
}
