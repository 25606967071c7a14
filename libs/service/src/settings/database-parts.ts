import { z } from 'zod';
import { optionalCount } from './fields.js';

/** PostgreSQL's address in parts, instead of DATABASE_URL: none needs percent-encoding. */
export const databaseParts = {
  DATABASE_HOST: z
    .string()
    .regex(/^([\w.-]+|[\da-f:.]*:[\da-f:.]*)$/i, 'must be a host name or an IP address')
    .optional(),
  DATABASE_PORT: optionalCount(65_535),
  DATABASE_NAME: z
    .string()
    .regex(/^[\w.-]{1,63}$/, 'must be letters, digits, dots, dashes, underscores')
    .optional(),
  DATABASE_USER: z.string().optional(),
  DATABASE_PASSWORD: z.string().optional(),
};

export type DatabaseParts = z.infer<z.ZodObject<typeof databaseParts>>;

const REQUIRED = ['DATABASE_NAME', 'DATABASE_USER'] as const;

/** Adds the DATABASE_URL that the parts describe. Invalid parts are left out of it: their schema reports them. */
export function addDatabaseUrl(given: Record<string, string>, faults: Map<string, string>): void {
  const { DATABASE_HOST: host } = given;
  if (host === undefined) return;
  if (given.DATABASE_URL !== undefined) {
    faults.set('DATABASE_HOST', 'DATABASE_HOST: only one of DATABASE_URL, DATABASE_HOST may be set');
    return;
  }
  const url = new URL('postgres://host');
  url.hostname = host.includes(':') ? `[${host}]` : host;
  url.port = given.DATABASE_PORT ?? '';
  url.username = encodeURIComponent(given.DATABASE_USER ?? '');
  url.password = encodeURIComponent(given.DATABASE_PASSWORD ?? '');
  url.pathname = given.DATABASE_NAME ?? '';
  given.DATABASE_URL = url.href;
}

/** Parts that are missing, or that have no host, by the name of the setting. */
export function partFaults(parts: Partial<DatabaseParts>): Record<string, string> {
  const names = Object.keys(databaseParts) as (keyof DatabaseParts)[];
  const isMissing = (name: keyof DatabaseParts) => parts[name] === undefined;
  const [faulty, message] = isMissing('DATABASE_HOST')
    ? [names.filter((name) => !isMissing(name)), 'needs DATABASE_HOST']
    : [REQUIRED.filter(isMissing), 'required with DATABASE_HOST'];
  return Object.fromEntries(faulty.map((name) => [name, message]));
}
