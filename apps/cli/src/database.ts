import { type DatabaseSettings, databaseConnection, databaseSettings, withCrossChecks } from '@wxa/service';
import { createDataSource, type DataSourceOptions } from '@wxa/store';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { EXIT, fail } from './exit-codes.js';

/** The settings of a command that uses PostgreSQL. */
export const databaseCommand = withCrossChecks(z.object(databaseSettings));

/** Runs a command on one connection to PostgreSQL; exits with 69 if it is unavailable. */
export async function withDatabase<T>(
  settings: DatabaseSettings,
  command: string,
  use: (dataSource: DataSource) => Promise<T>,
  options: Pick<DataSourceOptions, 'timeLimits'> = {},
): Promise<T> {
  const connection = databaseConnection(settings, `wxa-cli ${command}`, ({ message }) =>
    console.error(message),
  );
  const dataSource = createDataSource({ ...connection, poolSize: 1, ...options });
  await dataSource
    .initialize()
    .catch((error: unknown) => fail(`Postgres: ${String(error)}`, EXIT.unavailable));
  try {
    return await use(dataSource);
  } finally {
    await dataSource.destroy();
  }
}
