import type { QueryRunner } from 'typeorm';

/**
 * Builds an index while its table is read and written. For a migration with `transaction = false`, because PostgreSQL
 * builds no index concurrently inside a transaction. Idempotent.
 * @param on the table and the columns, as in `on operations (state, id)`.
 */
export async function buildIndex(runner: QueryRunner, name: string, on: string): Promise<void> {
  await dropIndex(runner, name);
  await concurrently(runner, `create index concurrently ${name} ${on}`);
}

/** Drops an index while its table is read and written; also an invalid one of an interrupted build. */
export async function dropIndex(runner: QueryRunner, name: string): Promise<void> {
  await concurrently(runner, `drop index concurrently if exists ${name}`);
}

/** While a migration waits for a lock, every later statement on that table waits as well. */
export async function limitLockWaits(runner: QueryRunner): Promise<void> {
  await runner.query(`set lock_timeout = '5s'`);
}

/** Without a lock time-out: it waits for every open transaction, such as a backup, but blocks none. */
async function concurrently(runner: QueryRunner, statement: string): Promise<void> {
  await runner.query('set lock_timeout = 0');
  try {
    await runner.query(statement);
  } finally {
    await limitLockWaits(runner);
  }
}
