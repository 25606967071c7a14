import { createDatabase, databaseUrl, dropDatabase } from '@wxa/stack';
import pg from 'pg';
import { startAgain } from '../app-steps.js';
import type { ScratchStore } from '../store/scratch-store.js';
import type { World } from '../world.js';

/** Runs statements beside the database of a world. */
async function beside(url: string, text: string, values: unknown[]): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl(url, 'postgres') });
  await client.connect();
  await client.query(text, values);
  await client.end();
}

const nameOf = (url: string) => decodeURIComponent(new URL(url).pathname.slice(1));

/** Copies a database that no app uses. */
async function copy(url: string, name: string): Promise<void> {
  await beside(url, 'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
    nameOf(url),
  ]);
  await createDatabase(url, name, nameOf(url));
}

/** Stops the apps, copies the database and starts the apps again. Returns the name of the copy. */
export async function takeCopy(world: World): Promise<string> {
  const url = world.stack.addresses.postgres;
  const name = `${nameOf(url)}_copy`;
  await Promise.all(world.apps.map((app) => app.stop()));
  await copy(url, name);
  await startAgain(...world.apps);
  return name;
}

/** Replaces the database, which the apps do not use, by the copy: Postgres forgets everything since. */
export async function putBack(world: World, name: string): Promise<void> {
  const url = world.stack.addresses.postgres;
  await dropDatabase(url, nameOf(url));
  await copy(databaseUrl(url, name), nameOf(url));
  await dropDatabase(url, name);
}

/** All rows of the tables that a restore may change. */
export async function contents(world: Pick<World, 'sql'>): Promise<Record<string, unknown[]>> {
  const tables = [
    'operations',
    'outbox',
    'audits',
    'audit_pushes',
    'trail',
    'history_state',
    'restore_events',
  ];
  const rows = await Promise.all(
    tables.map((table) => world.sql(`select * from ${table} t order by t::text`)),
  );
  return Object.fromEntries(tables.map((table, i) => [table, rows[i] ?? []]));
}

/** Keeps the present rows of tables, for `forget`. */
export async function remember(scratch: Pick<ScratchStore, 'sql'>, tables: string[]): Promise<void> {
  await scratch.sql('create schema at_time');
  for (const table of tables) await scratch.sql(`create table at_time.${table} as table public.${table}`);
}

/** Puts the rows back that `remember` kept: Postgres forgets everything since. */
export async function forget(scratch: Pick<ScratchStore, 'sql'>, tables: string[]): Promise<void> {
  for (const table of tables) {
    await scratch.sql(`delete from ${table}`);
    await scratch.sql(`insert into ${table} overriding system value table at_time.${table}`);
  }
}
