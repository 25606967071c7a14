import { DataSource } from 'typeorm';
import { MIGRATIONS } from './migrations/migrations.js';
import { type DatabaseOptions, forCalls } from './pools.js';
import type { Log } from './schema/run-migrations.js';
import { migrate } from './schema/schema.js';

/** TypeORM's data source, not yet connected. No app loads TypeORM, because it would take a part of its start. */
export function createDataSource(options: DatabaseOptions): DataSource {
  const extra = forCalls(options);
  return new DataSource({
    type: 'postgres',
    migrations: MIGRATIONS,
    migrationsTransactionMode: 'each',
    extra,
  });
}

/** Connects, and runs the pending migrations; see `migrate`. */
export async function migrateDatabase(options: DatabaseOptions, role?: string, log?: Log): Promise<string[]> {
  const source = await createDataSource(options).initialize();
  try {
    return await migrate(source, role, log);
  } finally {
    await source.destroy();
  }
}
