import type { DataSource } from 'typeorm';

/** Brings the schema up to date; several processes at once are safe. Gives the names of what was run. */
export async function migrate(dataSource: DataSource): Promise<string[]> {
  const lock = dataSource.createQueryRunner();
  await lock.connect();
  try {
    await lock.query(`select pg_advisory_lock(hashtextextended('wxa-code migrate', 0))`);
    const done = await dataSource.runMigrations();
    return done.map((migration) => migration.name);
  } finally {
    await lock.query(`select pg_advisory_unlock(hashtextextended('wxa-code migrate', 0))`);
    await lock.release();
  }
}

/** Whether the schema lacks a migration that this code was written for. */
export async function isSchemaBehind(dataSource: DataSource): Promise<boolean> {
  return dataSource.showMigrations();
}
