import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { databaseParts, partFaults } from './database-parts.js';
import { count, isLoopback } from './fields.js';
import { faultOfPasswordFile, readSecretFile, withoutNewline } from './setting-files.js';
import { exportExpiry, faultOfTls, type TlsPaths, watchTlsFiles } from './tls-files.js';

/** The certificates as their metric names them. */
const EXPIRING = { ca: 'DATABASE_URL sslrootcert', cert: 'DATABASE_URL sslcert' };

/** The settings of the connections to PostgreSQL. */
export const databaseSettings = {
  DATABASE_URL: z
    .string({
      error:
        'required: the PostgreSQL to use, as in postgres://user:password@host:5432/name; or set DATABASE_HOST',
    })
    .refine(isDatabaseUrl, 'must be a postgres:// URL with a percent-encoded user and password'),
  ...databaseParts,
  /** Watched, therefore not read as the value of a setting. */
  DATABASE_PASSWORD_FILE: z.string().optional(),
  DATABASE_POOL_SIZE: count(10, 1000),
  DATABASE_MAX_LIFETIME_S: count(1800, 1_000_000),
};

/** A password that is not percent-encoded may end the host early; the rest is part of the path then. */
function isDatabaseUrl(text: string): boolean {
  if (!/^postgres(ql)?:\/\/\S+$/.test(text) || !URL.canParse(text)) return false;
  const { pathname, hash } = new URL(text);
  return !pathname.includes('@') && hash === '';
}

export type DatabaseSettings = z.infer<z.ZodObject<typeof databaseSettings>>;

const TLS_PARAMETERS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey'];
/** pg would take them as settings of TLS that we do not have. */
const OTHER_TLS_PARAMETERS = ['ssl', 'sslnegotiation', 'uselibpqcompat'];

/** Errors of settings that depend on one another, by the name of the setting. */
export function databaseFaults(settings: Partial<DatabaseSettings>): Record<string, string> {
  const { DATABASE_URL, DATABASE_PASSWORD_FILE: passwordFile } = settings;
  const faults = partFaults(settings);
  const passwordFault = passwordFile === undefined ? undefined : faultOfPasswordFile(passwordFile);
  if (passwordFault !== undefined) faults.DATABASE_PASSWORD_FILE = passwordFault;
  if (typeof DATABASE_URL !== 'string' || !URL.canParse(DATABASE_URL)) return faults;
  const url = new URL(DATABASE_URL);
  if (passwordFile !== undefined && (url.password !== '' || url.searchParams.has('password')))
    faults.DATABASE_PASSWORD_FILE = `${settings.DATABASE_PASSWORD === undefined ? 'DATABASE_URL has a password' : 'DATABASE_PASSWORD is set'} too; only one of them may be set`;
  const fault = tlsFault(url.searchParams);
  if (fault !== undefined) faults.DATABASE_URL = fault;
  return faults;
}

function tlsFault(parameters: URLSearchParams): string | undefined {
  const mode = parameters.get('sslmode');
  if (mode !== null && mode !== 'verify-full' && mode !== 'disable')
    return 'sslmode must be verify-full or disable';
  const other = OTHER_TLS_PARAMETERS.find((name) => parameters.has(name));
  if (other !== undefined) return `${other} is not supported; use sslmode=verify-full`;
  const paths = tlsPaths(parameters);
  const hasPaths = Object.values(paths).some((path) => path !== undefined);
  if (mode !== 'verify-full')
    return hasPaths ? 'sslrootcert, sslcert and sslkey need sslmode=verify-full' : undefined;
  if ((paths.cert === undefined) !== (paths.key === undefined)) return 'sslcert and sslkey need each other';
  return faultOfTls(paths);
}

function tlsPaths(parameters: URLSearchParams): TlsPaths {
  const path = (name: string) => parameters.get(name) ?? undefined;
  return { ca: path('sslrootcert'), cert: path('sslcert'), key: path('sslkey') };
}

/** Whether passwords and data would cross a network without encryption. */
export function isDatabasePlaintext({ DATABASE_URL }: Pick<DatabaseSettings, 'DATABASE_URL'>): boolean {
  const { hostname, searchParams } = new URL(DATABASE_URL);
  return searchParams.get('sslmode') !== 'verify-full' && !isLoopback(searchParams.get('host') ?? hostname);
}

/**
 * The options of libs/postgres that valid settings describe. Its files are read again: certificates every 30 s, the password for each new
 * connection.
 * @param program as PostgreSQL shows it in pg_stat_activity.
 * @param onError is called when certificate files have become unusable; the last usable ones stay in use.
 */
export function databaseConnection(
  settings: DatabaseSettings,
  program: string,
  onError: (error: Error) => void,
) {
  const url = new URL(settings.DATABASE_URL);
  const isVerified = url.searchParams.get('sslmode') === 'verify-full';
  const paths = tlsPaths(url.searchParams);
  for (const name of TLS_PARAMETERS) url.searchParams.delete(name);
  const { DATABASE_PASSWORD_FILE: passwordFile } = settings;
  return {
    url: url.href,
    applicationName: program,
    poolSize: settings.DATABASE_POOL_SIZE,
    maxLifetimeS: settings.DATABASE_MAX_LIFETIME_S,
    ...(passwordFile !== undefined && { password: passwordFrom(passwordFile) }),
    ...(isVerified && { tls: exportExpiry(watchTlsFiles(paths, onError), EXPIRING) }),
  };
}

/** Reads a password at each call. While its file cannot be read, or is empty, the last one is used. */
function passwordFrom(path: string): () => Promise<string> {
  let last = readSecretFile(path);
  return async () => {
    const text = await readFile(path, 'utf8').catch(() => '');
    last = withoutNewline(text) || last;
    return last;
  };
}
