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

/** The schema lacks a migration; run `npm run migrate` first. */
export class SchemaBehindError extends Error {
  constructor() {
    super('the database schema is behind: run `npm run migrate` first');
    this.name = 'SchemaBehindError';
  }
}

/** Closes the data source and rejects with SchemaBehindError if the schema lacks a migration of this version. */
export async function rejectIfBehind(dataSource: DataSource): Promise<void> {
  if (!(await dataSource.showMigrations())) return;
  await dataSource.destroy();
  throw new SchemaBehindError();
}
