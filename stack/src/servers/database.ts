import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';

const DUPLICATE_DATABASE = '42P04';

/** Throws unless the server answers a query. */
export async function select1(url: string): Promise<void> {
  await withClient(url, (client) => client.query('select 1'));
}

/**
 * Creates the database `name` on the server of `url`, as a copy of `template` if given (which must have no
 * connections), and returns its URL. An existing database is left unchanged.
 */
export async function createDatabase(url: string, name: string, template?: string): Promise<string> {
  const copy = template === undefined ? '' : ` template ${pg.escapeIdentifier(template)}`;
  await withClient(databaseUrl(url, 'postgres'), async (client) => {
    try {
      await client.query(`create database ${pg.escapeIdentifier(name)}${copy}`);
    } catch (error) {
      if (!(error instanceof pg.DatabaseError && error.code === DUPLICATE_DATABASE)) throw error;
    }
  });
  return databaseUrl(url, name);
}

/** Drops the database `name` and closes its connections. Does nothing if it does not exist. */
export async function dropDatabase(url: string, name: string): Promise<void> {
  await withClient(databaseUrl(url, 'postgres'), (client) =>
    client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`),
  );
}

/**
 * Copies the files of the running server of `url` to the folder `to`, with the WAL that makes them consistent: a server
 * that is started on them has the state of the end of the backup.
 */
export async function takeBaseBackup(url: string, to: string): Promise<void> {
  await withClient(databaseUrl(url, 'postgres'), async (client) => {
    // The slot lasts as long as the connection, and keeps the WAL until it is copied.
    const slot = `select current_setting('data_directory') as data,
      pg_create_physical_replication_slot('base_backup', true, true)`;
    const data = (await client.query<{ data: string }>(slot)).rows[0]?.data ?? '';
    await client.query(`select pg_backup_start('base backup', fast => true)`);
    await copyWhileWritten(data, to);
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop()');
    await writeFile(join(to, 'backup_label'), rows[0]?.labelfile ?? '');
    await rm(join(to, 'pg_wal'), { recursive: true });
    await copyWhileWritten(join(data, 'pg_wal'), join(to, 'pg_wal'));
  });
  for (const name of ['postmaster.pid', 'postmaster.opts', 'pg_replslot/base_backup'])
    await rm(join(to, name), { recursive: true, force: true });
}

/** A file that the server deletes meanwhile is not part of the backup. */
async function copyWhileWritten(from: string, to: string): Promise<void> {
  await promisify(execFile)('cp', ['-a', from, to]).catch((error: { stderr?: string }) => {
    const lines = (error.stderr ?? '').trim().split('\n');
    if (!lines.every((line) => line.endsWith('No such file or directory'))) throw error;
  });
}

/** The URL of another database on the same server. */
export function databaseUrl(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${encodeURIComponent(name)}`;
  return other.href;
}

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  // A server that is being stopped closes the connection; the query in flight reports it.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
