import { type DatabaseOptions, isUnavailable, openPool } from '@wxa/postgres';
import {
  type DatabaseSettings,
  databaseConnection,
  databaseSettings,
  readConfig,
  withCrossChecks,
} from '@wxa/service/settings';
import type pg from 'pg';
import { z } from 'zod';
import { EXIT, exitWith } from './exit-codes.js';

/** The settings of a command that uses PostgreSQL. */
export const databaseCommand = withCrossChecks(z.object(databaseSettings));

/**
 * Runs a command on one connection to PostgreSQL. Exits with 69 if it is unavailable, with 78 if it refuses the user, the
 * password or the database.
 */
export async function withDatabase<T>(
  settings: DatabaseSettings,
  command: string,
  use: (pool: pg.Pool, connection: DatabaseOptions) => Promise<T>,
  options: Pick<DatabaseOptions, 'timeLimits'> = {},
): Promise<T> {
  const onTlsError = ({ message }: Error) => console.error(message);
  const given = databaseConnection(settings, `wxa-cli ${command}`, onTlsError);
  const connection = { ...given, poolSize: 1, ...options };
  const pool = openPool(connection);
  await pool.query('select').catch((error: unknown) => failToConnect(error, settings));
  try {
    return await use(pool, connection);
  } catch (error) {
    if (isUnavailable(error)) exitWith(`Postgres: ${String(error)}`, EXIT.unavailable);
    throw error;
  } finally {
    await pool.end();
  }
}

/** The same with the settings of the environment. */
export async function withPool<T>(
  command: string,
  use: (pool: pg.Pool) => Promise<T>,
  options: Pick<DatabaseOptions, 'timeLimits'> = {},
): Promise<T> {
  const settings = readConfig(databaseCommand, process.env);
  return withDatabase(settings, command, use, options);
}

/** Names the settings, without a host or user in which a part of a password may be. */
function failToConnect(error: unknown, { DATABASE_HOST }: DatabaseSettings): never {
  const code = errorCode(error);
  const names = (parts: string) => (DATABASE_HOST === undefined ? 'DATABASE_URL' : parts);
  if (code.startsWith('28'))
    exitWith(
      `${names('DATABASE_USER, DATABASE_PASSWORD')}: Postgres: authentication failed (${code})`,
      EXIT.config,
    );
  if (code === '3D000')
    exitWith(`${names('DATABASE_NAME')}: Postgres: the database does not exist (${code})`, EXIT.config);
  const reason = code === '' ? String(error) : code;
  exitWith(
    `${names('DATABASE_HOST, DATABASE_PORT')}: Postgres: cannot connect (${reason})`,
    EXIT.unavailable,
  );
}

/** The error of a host with several addresses has the code of one attempt. */
function errorCode(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}
