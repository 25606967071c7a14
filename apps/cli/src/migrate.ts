import { createDataSource, migrate } from '@wxa/store';
import { EXIT, fail } from './exit-codes.js';

/** `wxa migrate`: runs the pending migrations on DATABASE_URL. */
export async function run(): Promise<number> {
  const url = process.env.DATABASE_URL ?? '';
  if (url === '') fail('DATABASE_URL: required: URL of the PostgreSQL database to migrate', EXIT.config);
  const dataSource = createDataSource({ url, applicationName: 'wxa-code migrate', timeLimits: false });
  await dataSource.initialize();
  const done = await migrate(dataSource);
  await dataSource.destroy();
  console.log(done.length === 0 ? 'schema is up to date' : `migrations run: ${done.join(', ')}`);
  return EXIT.ok;
}
