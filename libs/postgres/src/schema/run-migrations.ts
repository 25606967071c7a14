import { setTimeout as delay } from 'node:timers/promises';
import { type DataSource, type Migration, MigrationExecutor, type QueryRunner } from 'typeorm';
import { limitLockWaits, withLimitedWaits } from './lock-timeout.js';

/** Reports that a migration waits, as a sentence. */
export type Log = (line: string) => void;

const RETRIES = 20;
/** The pause before a retry grows by this time with each: all pauses together take 105 s. */
const PAUSE_MS = 500;
/** Why a migration may get its locks later: `lock_not_available`, `deadlock_detected`. */
const BLOCKED: Record<string, string> = {
  '55P03': 'another transaction holds a lock that it needs',
  '40P01': 'another transaction waits for a lock that it holds',
};

/**
 * Runs the pending migrations, each in its own transaction unless it has `transaction = false`. While a statement waits for a
 * lock, all later statements on that table wait behind it: all statements of a transaction together wait at most 3 s, and the
 * migration is tried again 20 times.
 * Returns the names of the migrations.
 */
export async function runMigrations(
  dataSource: DataSource,
  runner: QueryRunner,
  log: Log,
): Promise<string[]> {
  const pending = await new MigrationExecutor(dataSource, runner).getPendingMigrations();
  await limitLockWaits(runner);
  for (const migration of pending) await withRetries(dataSource, runner, migration, log);
  return pending.map(({ name }) => name);
}

async function withRetries(
  dataSource: DataSource,
  runner: QueryRunner,
  migration: Migration,
  log: Log,
): Promise<void> {
  for (let retries = 0; ; ) {
    const reason = await tryToRun(dataSource, runner, migration, retries === RETRIES);
    if (reason === undefined) return;
    retries += 1;
    const pauseMs = retries * PAUSE_MS;
    log(`${migration.name}: ${reason}; retry ${retries} of ${RETRIES} in ${pauseMs / 1000} s`);
    await delay(pauseMs);
  }
}

/** Returns why the migration did not run, if it may run later. The last retry begins in any case and throws its error. */
async function tryToRun(
  dataSource: DataSource,
  runner: QueryRunner,
  migration: Migration,
  isLast: boolean,
): Promise<string | undefined> {
  const isBlocked = isLast || migration.instance?.transaction === false ? undefined : await longLock(runner);
  if (isBlocked !== undefined) return isBlocked;
  try {
    await run(dataSource, runner, migration);
    return undefined;
  } catch (error) {
    const reason = BLOCKED[(error as { code?: string }).code ?? ''];
    if (isLast || reason === undefined) throw error;
    return reason;
  }
}

async function run(dataSource: DataSource, runner: QueryRunner, migration: Migration): Promise<void> {
  if (migration.instance?.transaction === false) {
    await new MigrationExecutor(dataSource, runner).executeMigration(migration);
    return;
  }
  await runner.startTransaction();
  try {
    await new MigrationExecutor(dataSource, withLimitedWaits(runner)).executeMigration(migration);
    await runner.commitTransaction();
  } catch (error) {
    await runner.rollbackTransaction();
    throw error;
  }
}

// Autovacuum ends by itself, but only when a statement has waited for its lock for 1 s.
const LONG_LOCK = `
select a.pid, coalesce(nullif(a.application_name, ''), a.backend_type) as app, date_trunc('second', clock_timestamp() - a.xact_start)::text as age
from pg_stat_activity a
where a.pid <> pg_backend_pid() and a.backend_type in ('client backend', 'autovacuum worker')
  and a.xact_start < clock_timestamp() - interval '1 second'
  and exists (select from pg_locks l join pg_class c on c.oid = l.relation
    where l.pid = a.pid and l.granted and c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace
      and l.database = (select oid from pg_database where datname = current_database()))
order by a.xact_start limit 1`;

/** A transaction older than 1 s that holds a lock on a table, such as a dump: behind it a migration would wait, and all others. */
async function longLock(runner: QueryRunner): Promise<string | undefined> {
  const [held]: { pid: number; app: string; age: string }[] = await runner.query(LONG_LOCK);
  return held && `process ${held.pid} (${held.app}) has held a lock in a transaction for ${held.age}`;
}
