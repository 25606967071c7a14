import { configOrExit } from '@wxa/service';
import { migrate, UnknownRoleError } from '@wxa/store';
import { databaseCommand, withDatabase } from './database.js';
import { EXIT, fail } from './exit-codes.js';

const USAGE = `usage: npm run migrate [-- --grant ROLE]
--grant  grants the tables to a role that was created after the schema; wxa_app gets them with each migration
Environment: DATABASE_URL`;

/** `wxa migrate`: runs the pending migrations on DATABASE_URL, then grants the tables to the roles of the apps. */
export async function run(args: string[]): Promise<number> {
  const role = roleOf(args);
  const done = await withDatabase(
    configOrExit(databaseCommand),
    'migrate',
    (dataSource) => migrate(dataSource, role, (line) => console.error(line)),
    { timeLimits: false },
  ).catch((error: unknown) => {
    if (error instanceof UnknownRoleError) fail(`--grant: ${error.message}`, EXIT.notFound);
    throw error;
  });
  console.log(done.length === 0 ? 'schema is up to date' : `migrations run: ${done.join(', ')}`);
  if (role !== undefined) console.log(`granted to ${role}`);
  return EXIT.ok;
}

function roleOf([option, role, ...rest]: string[]): string | undefined {
  if (option === undefined) return undefined;
  if (option !== '--grant' || role === undefined || rest.length > 0) fail(USAGE, EXIT.usage);
  return role;
}
