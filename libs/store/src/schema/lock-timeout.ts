import type { QueryRunner } from 'typeorm';

/** While a statement of a migration waits for a lock, every later statement on that table waits behind it. */
export async function limitLockWaits(runner: QueryRunner): Promise<void> {
  await runner.query(`set lock_timeout = '3s'`);
}

/** Runs a statement that blocks no other while it waits, such as a concurrent index build, without a lock time-out. */
export async function withoutLockLimit(runner: QueryRunner, statement: string): Promise<void> {
  await runner.query('set lock_timeout = 0');
  try {
    await runner.query(statement);
  } finally {
    await limitLockWaits(runner);
  }
}
