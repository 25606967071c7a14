import { migrateDatabase } from '@wxa/postgres/data-source';
import { UnknownRoleError } from '@wxa/postgres/schema';
import { readConfig } from '@wxa/service/settings';
import { databaseCommand, withDatabase } from './database.js';
import { EXIT, exitWith } from './exit-codes.js';
import { print } from './output/print.js';

/** `wxa migrate`: runs the pending migrations on DATABASE_URL, then grants the tables to the roles of the apps. */
export async function migrateSchema({
  grant: role,
  json,
}: {
  grant?: string;
  json?: boolean;
}): Promise<number> {
  const done = await withDatabase(
    readConfig(databaseCommand, process.env),
    'migrate',
    (_, connection) => migrateDatabase(connection, role, (line) => console.error(line)),
    { timeLimits: false },
  ).catch((error: unknown) => {
    if (error instanceof UnknownRoleError) exitWith(`--grant: ${error.message}`, EXIT.notFound);
    throw error;
  });
  const lines = [done.length === 0 ? 'schema is up to date' : `migrations run: ${done.join(', ')}`];
  if (role !== undefined) lines.push(`granted to ${role}`);
  print(json, { migrations: done, grantedTo: role ?? null }, lines.join('\n'));
  return EXIT.ok;
}
