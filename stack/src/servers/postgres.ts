import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Child, type Exit } from '../processes/child.js';
import { exists, type Folder, folderFor } from '../processes/folders.js';
import { assertFree, freePort } from '../processes/ports.js';
import { withProgress } from '../processes/progress.js';
import { orAborted, untilReady } from '../processes/wait.js';
import { createDatabase, select1 } from './database.js';
import { type PostgresUser, postgresBinaries, postgresUser } from './postgres-program.js';

const HOST = '127.0.0.1';
const DATABASE = 'wxa_code';

export type PostgresOptions = {
  /** Kept at stop. Without it the data is in a temporary folder that is deleted at stop. */
  dataDir?: string | undefined;
  /** 0 or undefined: a free port. */
  port?: number | undefined;
  /** false: commits are not forced to disk, and a power failure may lose them. For tests only. Default true. */
  durable?: boolean;
  /** Starts as a standby of the server with this URL; `dataDir` has a copy of its data. No database is created. */
  standbyOf?: string | undefined;
  /** Settings of the server by name; they override ours. */
  settings?: Record<string, string>;
  logFile?: string | undefined;
  signal?: AbortSignal | undefined;
};

export type Postgres = {
  url: string;
  port: number;
  pid: number;
  exited: Promise<Exit>;
  stop(): Promise<void>;
};

type Place = { folder: string; data: string; password: string; user: PostgresUser };

/**
 * Starts PostgreSQL 18 on 127.0.0.1 with an empty database `wxa_code`. Resolves when it answers a query. If it
 * rejects (or `signal` is aborted), no process and no temporary folder is left. Throws StackError.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const port = options.port || (await freePort());
  await assertFree(HOST, port, 'PostgreSQL');
  const folder = await folderFor('postgres', options.dataDir);
  let server: Child | undefined;
  const stop = () => stopServer(server, folder, options.dataDir !== undefined);
  try {
    const binaries = await postgresBinaries();
    const place = await prepare(folder.path, options, binaries.initdb);
    const logFile = options.logFile ?? join(folder.path, 'postgres.log');
    server = await Child.start({
      name: 'PostgreSQL',
      logFile,
      ...place.user.wrap(binaries.postgres, flags(place, port, options)),
    });
    const url = `postgres://wxa:${place.password}@${HOST}:${port}`;
    await untilReady(server, () => select1(`${url}/postgres`), options.signal);
    if (options.standbyOf === undefined) await createDatabase(`${url}/postgres`, DATABASE);
    return { url: `${url}/${DATABASE}`, port, pid: server.pid, exited: server.exited, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function prepare(folder: string, options: PostgresOptions, initdb: string): Promise<Place> {
  const user = await postgresUser();
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  if (await exists(join(data, 'PG_VERSION'))) {
    await removeStaleLock(data);
    if (options.standbyOf !== undefined) await writeFile(join(data, 'standby.signal'), '');
    return { folder, data, user, password: await readFile(passwordFile, 'utf8') };
  }
  // A killed initdb leaves an unusable cluster.
  await rm(data, { recursive: true, force: true });
  await mkdir(data, { mode: 0o700 });
  await user.own(data);
  const password = randomBytes(16).toString('hex');
  await writeFile(passwordFile, password, { mode: 0o600 });
  await user.own(passwordFile);
  await initialise({ folder, data, password, user }, passwordFile, initdb, options);
  return { folder, data, password, user };
}

async function initialise(place: Place, passwordFile: string, initdb: string, options: PostgresOptions) {
  const child = await Child.start({
    name: 'PostgreSQL',
    logFile: join(place.folder, 'initdb.log'),
    ...place.user.wrap(initdb, [
      `--pgdata=${place.data}`,
      '--username=wxa',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      // The same collation on every machine, whatever locales it has.
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      ...(options.durable === false ? ['--no-sync'] : []),
    ]),
  });
  const done = child.exited.then(({ code }) => (code === 0 ? undefined : child.failure()));
  try {
    await withProgress('Initializing PostgreSQL', orAborted(done, options.signal));
  } catch (error) {
    await child.stop('SIGKILL', 0);
    // An incomplete cluster must not be taken for a complete one.
    await rm(place.data, { recursive: true, force: true });
    throw error;
  }
}

/** A killed server leaves its lock file. PostgreSQL does not start if the pid in it now belongs to another program. */
async function removeStaleLock(data: string): Promise<void> {
  const lock = join(data, 'postmaster.pid');
  const pid = Number.parseInt(await readFile(lock, 'utf8').catch(() => ''), 10);
  if (Number.isNaN(pid)) return;
  const command = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => undefined);
  if (command !== undefined && command.trim() !== 'postgres') await rm(lock, { force: true });
}

function flags(
  place: Place,
  port: number,
  { durable = true, standbyOf, settings: more }: PostgresOptions,
): string[] {
  const settings = {
    listen_addresses: HOST,
    port,
    unix_socket_directories: '',
    max_connections: 300,
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    ...(standbyOf === undefined ? {} : { primary_conninfo: `${standbyOf}?application_name=standby` }),
    ...more,
  };
  return ['-D', place.data, ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])];
}

async function stopServer(server: Child | undefined, folder: Folder, keep: boolean): Promise<void> {
  // SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one, which is enough for data that is deleted.
  await server?.stop(keep ? 'SIGINT' : 'SIGQUIT', 10_000);
  await folder.release();
}
