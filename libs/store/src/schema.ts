import { setTimeout as delay } from 'node:timers/promises';
import { type DataSource, MigrationExecutor, type QueryRunner } from 'typeorm';
import { limitLockWaits } from './build-index.js';

const MIGRATE_LOCK = `hashtextextended('wxa-code migrate', 0)`;
const LOCK_POLL_MS = 200;

/**
 * Brings the schema up to date, one transaction per migration; several processes at once are safe. Rejects after 5 seconds
 * of waiting for a lock: what was applied stays applied, and a repeat goes on from there. Gives the names of what was run.
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

/** By polling: a statement that waits for the lock has a snapshot, and a concurrent index build would wait for that. */
async function lockMigrations(runner: QueryRunner): Promise<void> {
  for (;;) {
    const rows: { locked: boolean }[] = await runner.query(
      `select pg_try_advisory_lock(${MIGRATE_LOCK}) as locked`,
    );
    if (rows[0]?.locked) return;
    await delay(LOCK_POLL_MS);
  }
}

/** Whether the schema lacks a migration that this code was written for. */
export async function isSchemaBehind(dataSource: DataSource): Promise<boolean> {
  return dataSource.showMigrations();
}
