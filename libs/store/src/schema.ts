import { setTimeout as delay } from 'node:timers/promises';
import { type DataSource, MigrationExecutor, type QueryRunner } from 'typeorm';
import { limitLockWaits } from './build-index.js';

const MIGRATE_LOCK = `hashtextextended('wxa-code migrate', 0)`;
const LOCK_POLL_MS = 200;

/**
 * Applies the pending migrations, one transaction each. Several processes may run it at once. Rejects after it has waited
 * 5 seconds for a lock; the migrations applied by then stay applied, and the next run continues after them. Returns the
 * names of the applied migrations.
 */
export async function migrate(dataSource: DataSource): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  await runner.connect();
  try {
    await lockMigrations(runner);
    await limitLockWaits(runner);
    const executor = new MigrationExecutor(dataSource, runner);
    executor.transaction = 'each';
    const done = await executor.executePendingMigrations();
    return done.map((migration) => migration.name);
  } finally {
    await runner.query(`reset lock_timeout; select pg_advisory_unlock(${MIGRATE_LOCK})`);
    await runner.release();
  }
}

/** Polls, because a statement that waits for the lock has a snapshot, and a concurrent index build would wait for that. */
async function lockMigrations(runner: QueryRunner): Promise<void> {
  for (;;) {
    const rows: { locked: boolean }[] = await runner.query(
      `select pg_try_advisory_lock(${MIGRATE_LOCK}) as locked`,
    );
    if (rows[0]?.locked) return;
    await delay(LOCK_POLL_MS);
  }
}

/** Whether the schema lacks a migration of this version. */
export async function isSchemaBehind(dataSource: DataSource): Promise<boolean> {
  return dataSource.showMigrations();
}
