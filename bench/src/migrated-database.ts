import { createDatabase } from '@wxa/stack';
import { createDataSource, migrate } from '@wxa/store';
import pg from 'pg';

/** A new database with today's schema, and one connection to it; the pool is its caller's to end. */
export async function migratedDatabase(
  server: string,
  name: string,
): Promise<{ url: string; pool: pg.Pool }> {
  const url = await createDatabase(server, name);
  const source = createDataSource({ url });
  await source.initialize();
  await migrate(source);
  await source.destroy();
  return { url, pool: new pg.Pool({ connectionString: url, max: 1 }) };
}
