import type { QueryRunner } from 'typeorm';

/**
 * Builds an index while others read and write its table. For a migration with `transaction = false`, since PostgreSQL
 * builds no index concurrently inside a transaction. Safe to repeat.
 * @param on the table and the columns, as in `on operations (state, id)`.
 */
export async function buildIndex(runner: QueryRunner, name: string, on: string): Promise<void> {
  await dropIndex(runner, name);
  await concurrently(runner, `create index concurrently ${name} ${on}`);
}

/** Drops an index while others read and write its table; also an invalid one that an interrupted build left. */
export async function dropIndex(runner: QueryRunner, name: string): Promise<void> {
  await concurrently(runner, `drop index concurrently if exists ${name}`);
}

/** While a migration waits for a lock, every statement on that table waits behind it. */
export async function limitLockWaits(runner: QueryRunner): Promise<void> {
  await runner.query(`set lock_timeout = '5s'`);
}

/** Waits for every transaction that is open, be it a backup, and blocks none of them: so without a limit. */
async function concurrently(runner: QueryRunner, statement: string): Promise<void> {
  await runner.query('set lock_timeout = 0');
  try {
    await runner.query(statement);
  } finally {
    await limitLockWaits(runner);
  }
}
