import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  type Addresses,
  type App,
  databaseUrl,
  type ServerProcess,
  StackError,
  startPostgres,
  takeBaseBackup,
  waitUntil,
} from '@wxa/stack';
import pg from 'pg';
import type { Processes } from './processes.js';

const CLI = fileURLToPath(new URL('../../../apps/cli/dist/main.js', import.meta.url));
const SYNCHRONOUS_WITHIN_MS = 60_000;
/** `wxa restore` ends with it if Kafka is electing leaders, or a session of a killed worker is still open. */
const RUN_AGAIN = [69, 75];
const RUN_AGAIN_AFTER_MS = 1_000;

interface Parts {
  processes: Processes;
  postgres: ServerProcess;
  workers: readonly App[];
  addresses: Addresses;
  /** The path of a folder for the files of other servers. */
  folder: string;
}

/** Replaces the server of PostgreSQL, under the same address, by its standby or by a backup of it. */
export class DatabaseRecovery {
  /** A time that is not later than the state of the base backup. */
  #backedUpAt = new Date(0);

  constructor(private readonly parts: Parts) {}

  /** Starts a standby, makes replication synchronous, kills the primary and promotes the standby. */
  async failOver(): Promise<string> {
    const { processes, postgres, addresses, folder } = this.parts;
    const place = join(folder, 'standby');
    const data = await this.#dataFolder();
    await mkdir(place);
    await takeBaseBackup(addresses.postgres, join(place, 'data'));
    await copyFile(join(data, '../password'), join(place, 'password'));
    const standby = await startPostgres({ dataDir: place, standbyOf: addresses.postgres });
    await this.#query(`alter system set synchronous_standby_names = 'standby'`);
    await this.#query('select pg_reload_conf()');
    const isSynchronous = async () => {
      const rows = await this.#query(`select from pg_stat_replication where sync_state = 'sync'`);
      if (rows.length === 0) throw new Error('the standby is not synchronous');
    };
    await waitUntil(isSynchronous, { name: 'replication', timeoutMs: SYNCHRONOUS_WITHIN_MS });
    const promote = async () => {
      await query(standby.url, 'select pg_promote()');
      await standby.stop();
      await replace(data, join(place, 'data'));
    };
    return processes.end(postgres, 'SIGKILL', promote);
  }

  async backUp(): Promise<string> {
    this.#backedUpAt = new Date();
    await takeBaseBackup(this.parts.addresses.postgres, this.#backup);
    return 'none';
  }

  /** Kills the workers and the server, starts the latter on the base backup, and restores what Kafka knows. */
  async restore(): Promise<string> {
    const { processes, postgres, workers } = this.parts;
    const restored = new AbortController();
    const data = await this.#dataFolder();
    const down = workers.map((worker) =>
      processes.end(worker, 'SIGKILL', () => once(restored.signal, 'abort')),
    );
    try {
      await processes.end(postgres, 'SIGKILL', () => replace(data, this.#backup));
      await this.#wxa('restore', '--since', this.#backedUpAt.toISOString());
      await this.#wxa('quota', 'lift', '--all-changes');
    } finally {
      restored.abort();
    }
    return ['PostgreSQL', ...(await Promise.all(down))].join(', ');
  }

  get #backup(): string {
    return join(this.parts.folder, 'base-backup');
  }

  async #dataFolder(): Promise<string> {
    const [row] = await this.#query(`select current_setting('data_directory') as path`);
    return String(row?.path);
  }

  #query(text: string): Promise<Record<string, unknown>[]> {
    return query(databaseUrl(this.parts.addresses.postgres, 'postgres'), text);
  }

  /** Exit code 1 lists conflicts, which are no error of the run. */
  async #wxa(...args: string[]): Promise<void> {
    const { postgres, kafka, grpc } = this.parts.addresses;
    const settings = { DATABASE_URL: postgres, KAFKA_BROKERS: kafka, WXA_GATEWAY: grpc, WXA_PLAINTEXT: '1' };
    for (;;) {
      const { code, output } = await promisify(execFile)(process.execPath, [CLI, ...args], {
        env: { ...process.env, ...settings },
      }).then(
        () => ({ code: 0, output: '' }),
        (error) => ({ code: Number(error.code), output: `${error.stdout}${error.stderr}` }),
      );
      if (code <= 1) return;
      if (!RUN_AGAIN.includes(code)) throw new StackError(`wxa ${args.join(' ')}: exit ${code}: ${output}`);
      await delay(RUN_AGAIN_AFTER_MS);
    }
  }
}

async function replace(data: string, other: string): Promise<void> {
  await rm(data, { recursive: true });
  await rename(other, data);
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}
