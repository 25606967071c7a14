import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  databaseUrl,
  type Folder,
  type Postgres,
  startPostgres,
  takeBaseBackup,
  temporaryFolder,
} from '@wxa/stack';
import pg from 'pg';
import { eventually } from '../eventually.js';

const run = promisify(execFile);

/** A PostgreSQL with physical backups: a base backup and an archive of its WAL. */
export class BackedUpPostgres {
  private constructor(
    private readonly folder: Folder,
    private server: Postgres,
  ) {}

  static async start(): Promise<BackedUpPostgres> {
    const folder = await temporaryFolder('backed-up-postgres');
    await mkdir(join(folder.path, 'archive'));
    return new BackedUpPostgres(folder, await start(folder.path, {}));
  }

  get url(): string {
    return this.server.url;
  }

  /** Copies the files of the running server. */
  backUp(): Promise<void> {
    return takeBaseBackup(this.url, this.#path('backup'));
  }

  /** A time of the server's clock, to which it can be restored. */
  async now(): Promise<Date> {
    return this.#use(async (client) => {
      const { rows } = await client.query<{ now: Date }>('select clock_timestamp() as now');
      return rows[0]?.now ?? new Date(Number.NaN);
    });
  }

  /** Ends the server as a crash does, after its WAL was archived. */
  async crash(): Promise<void> {
    await this.#use(async (client) => {
      const archived = 'select last_archived_wal >= $1 as done from pg_stat_archiver';
      const { rows } = await client.query<{ wal: string }>(
        'select pg_walfile_name(pg_current_wal_lsn()) as wal, pg_switch_wal()',
      );
      await eventually(async () => (await client.query(archived, [rows[0]?.wal])).rows[0]?.done === true);
    });
    process.kill(this.server.pid, 'SIGQUIT');
    await this.server.exited;
  }

  /** Starts the base backup and replays the WAL up to a time. It listens on the port of before. */
  async restoreTo(time: Date): Promise<void> {
    await rm(this.#path('data'), { recursive: true });
    await run('mv', [this.#path('backup'), this.#path('data')]);
    await writeFile(this.#path('data/recovery.signal'), '');
    const { port } = this.server;
    this.server = await start(this.folder.path, {
      port,
      settings: {
        restore_command: `cp '${this.#path('archive')}/%f' '%p'`,
        recovery_target_time: time.toISOString().replace('T', ' ').replace('Z', '+00'),
        recovery_target_action: 'promote',
        // It accepts no connection until it has been promoted.
        hot_standby: 'off',
      },
    });
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await this.folder.release();
  }

  #path(name: string): string {
    return join(this.folder.path, name);
  }

  async #use<T>(use: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: databaseUrl(this.server.url, 'postgres') });
    await client.connect();
    try {
      return await use(client);
    } finally {
      await client.end();
    }
  }
}

function start(
  folder: string,
  { port, settings }: { port?: number; settings?: Record<string, string> },
): Promise<Postgres> {
  return startPostgres({
    dataDir: folder,
    port,
    durable: false,
    settings: {
      // A crash of the process loses nothing, unlike one of the machine.
      synchronous_commit: 'on',
      full_page_writes: 'on',
      archive_mode: 'on',
      archive_command: `cp '%p' '${join(folder, 'archive')}/%f'`,
      ...settings,
    },
  });
}
