import { commonSettings, configOrExit } from '@wxa/service';
import { createDataSource, migrate } from '@wxa/store';
import { z } from 'zod';
import { EXIT } from './exit-codes.js';

/** `wxa migrate`: runs the pending migrations on DATABASE_URL. */
export async function run(): Promise<number> {
  const { DATABASE_URL: url } = configOrExit(z.object({ DATABASE_URL: commonSettings.DATABASE_URL }));
  const dataSource = createDataSource({ url, applicationName: 'wxa-code migrate', timeLimits: false });
  await dataSource.initialize();
  const done = await migrate(dataSource);
  await dataSource.destroy();
  console.log(done.length === 0 ? 'schema is up to date' : `migrations run: ${done.join(', ')}`);
  return EXIT.ok;
}
