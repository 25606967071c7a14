import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import { type Log, runMigrations } from './run-migrations.js';

const MIGRATE_LOCK = `hashtextextended('wxa-code migrate', 0)`;
const LOCK_POLL_MS = 200;

/**
 * Runs the pending migrations; several processes may do so at once. Rejects if one fails; those before it stay applied, and the
 * next run continues after them. Then grants the tables to the role wxa_app if it exists, to roles that had them before, and to
 * `role`; throws UnknownRoleError. Returns the names of the migrations that were pending.
 * @param log gets a line for each retry of a migration that waits for a lock.
 */
export async function migrate(
  dataSource: DataSource,
  role?: string,
  log: Log = () => undefined,
): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  await runner.connect();
  try {
    await lockMigrations(runner);
    const done = await runMigrations(dataSource, runner, log);
    for (const each of new Set([...(await grantedRoles(runner)), ...(role === undefined ? [] : [role])]))
      await grantTo(runner, each);
    return done;
  } finally {
    await runner.query(`reset lock_timeout; select pg_advisory_unlock(${MIGRATE_LOCK})`);
    await runner.release();
  }
}

/** Polls, because a statement that waits for the lock has a snapshot, and a concurrent index build would wait for that. */
async function lockMigrations(runner: QueryRunner): Promise<void> {
  for (;;) {
    const rows: { locked: boolean }[] = await runner.query(
      `select pg_try_advisory_lock(${MIGRATE_LOCK}) as locked`,
    );
    if (rows[0]?.locked) return;
    await delay(LOCK_POLL_MS);
  }
}

/** The role of the apps; it gets its privileges with each migration if it exists. */
const APP_ROLE = 'wxa_app';

/** Privileges on tables that apps do not change freely. */
const EXCEPTIONS: Record<string, string> = {
  migrations: 'select',
  trail: 'select, insert',
  policies: 'select, insert, update (loaded_at)',
};

/** A role that cannot be granted anything because it does not exist. */
export class UnknownRoleError extends Error {
  constructor(role: string) {
    super(`the role ${role} does not exist: create it first`);
    this.name = 'UnknownRoleError';
  }
}

/** The roles that have been granted the tables, and APP_ROLE if it exists. */
async function grantedRoles(runner: QueryRunner): Promise<string[]> {
  const rows: { role: string }[] = await runner.query(
    `select rolname as role from pg_roles where rolname = $1
     union
     select grantee.rolname from pg_class c
     cross join aclexplode(c.relacl) acl join pg_roles grantee on grantee.oid = acl.grantee
     where c.oid = to_regclass('operations') and acl.privilege_type = 'INSERT' and acl.grantee <> c.relowner`,
    [APP_ROLE],
  );
  return rows.map(({ role }) => role);
}

/**
 * Grants a role what the apps need: rows of all tables of this schema, its sequences and functions, and no DDL. Throws
 * UnknownRoleError.
 */
async function grantTo(runner: QueryRunner, role: string): Promise<void> {
  const found: unknown[] = await runner.query('select from pg_roles where rolname = $1', [role]);
  if (found.length === 0) throw new UnknownRoleError(role);
  const tables: { name: string }[] = await runner.query(
    `select relname as name from pg_class
     where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') order by 1`,
  );
  const [schema]: { name: string }[] = await runner.query('select quote_ident(current_schema()) as name');
  const to = pg.escapeIdentifier(role);
  const statements = [
    `grant usage on schema ${schema?.name} to ${to}`,
    `grant usage on all sequences in schema ${schema?.name} to ${to}`,
    `grant execute on all functions in schema ${schema?.name} to ${to}`,
    ...tables.flatMap(({ name }) => tableGrants(name, to)),
  ];
  // An app must not be without its privileges in between.
  await runner.query(['begin', ...statements, 'commit'].join(';'));
}

/** Privileges that an exception lacks are revoked, in case the role had them. */
function tableGrants(name: string, to: string): string[] {
  const table = pg.escapeIdentifier(name);
  const exception = EXCEPTIONS[name];
  if (exception === undefined) return [`grant select, insert, update, delete on ${table} to ${to}`];
  return [`revoke all on ${table} from ${to}`, `grant ${exception} on ${table} to ${to}`];
}
