import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { databaseUrl, type Postgres, startPostgres } from '@wxa/stack';
import pg from 'pg';
import { eventually } from '../eventually.js';

const run = promisify(execFile);

/** A primary with a standby, behind one address. */
export class PrimaryAndStandby {
  #port: number;
  /** The processes of a primary that has stopped responding. */
  #hung: number[] = [];
  /** The stopped receiver of a standby that gets nothing more. */
  #receiver: number | undefined;
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly folder: string,
    private readonly primary: Postgres,
    private readonly standby: Postgres,
    private readonly proxy: Server,
  ) {
    this.#port = primary.port;
    proxy.on('connection', (client) => this.#pass(client));
  }

  static async start(): Promise<PrimaryAndStandby> {
    const folder = await mkdtemp(join(tmpdir(), 'wxa-code-standby-'));
    const [first, second] = [join(folder, 'first'), join(folder, 'second')];
    const { port, stop } = await startPostgres({ dataDir: first });
    await stop();
    await run('cp', ['-a', first, second]);
    const primary = await startPostgres({ dataDir: first, port });
    const standby = await startPostgres({ dataDir: second, standbyOf: primary.url });
    const proxy = createServer();
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    return new PrimaryAndStandby(folder, primary, standby, proxy);
  }

  /** The address that the clients use. */
  get url(): string {
    const url = new URL(this.primary.url);
    url.port = String((this.proxy.address() as AddressInfo).port);
    return url.href;
  }

  /** From now on a commit waits until the standby has it. */
  async makeSynchronous(): Promise<void> {
    await query(this.primary.url, `alter system set synchronous_standby_names = 'standby'`);
    await query(this.primary.url, 'select pg_reload_conf()');
    await eventually(async () => {
      const [row] = await query(this.primary.url, 'select sync_state from pg_stat_replication');
      return row?.sync_state === 'sync';
    });
  }

  /** Resolves once the standby has a row that `text` finds in a database, and gets nothing more. */
  async cutStandbyAfter(database: string, text: string): Promise<void> {
    const url = databaseUrl(this.standby.url, database);
    await eventually(async () => (await query(url, text)).length > 0);
    const [row] = await query(this.standby.url, 'select pid from pg_stat_wal_receiver');
    this.#receiver = Number(row?.pid);
    process.kill(this.#receiver, 'SIGSTOP');
  }

  /** The primary stops responding without closing its connections, and the address stands for the promoted standby. */
  async failOver(): Promise<void> {
    this.#hung = await this.#primaryPids();
    for (const pid of this.#hung) process.kill(pid, 'SIGSTOP');
    if (this.#receiver !== undefined) {
      // It ends before it reads what the primary has sent since.
      process.kill(this.#receiver, 'SIGTERM');
      process.kill(this.#receiver, 'SIGCONT');
    }
    await query(this.standby.url, 'select pg_promote()');
    this.#port = this.standby.port;
  }

  async killPrimary(): Promise<void> {
    for (const pid of await this.#primaryPids()) process.kill(pid, 'SIGKILL');
    await this.primary.exited;
  }

  async stop(): Promise<void> {
    this.proxy.close();
    for (const socket of this.#sockets) socket.destroy();
    // A process that hangs does not notice that its server has ended.
    for (const pid of this.#hung) killIfThere(pid);
    await Promise.all([this.primary.stop(), this.standby.stop()]);
    await rm(this.folder, { recursive: true, force: true });
  }

  async #primaryPids(): Promise<number[]> {
    const { pid } = this.primary;
    const { stdout } = await run('pgrep', ['-P', String(pid)]).catch(() => ({ stdout: '' }));
    return [pid, ...stdout.trim().split('\n').map(Number)].filter((each) => each > 0);
  }

  #pass(client: Socket): void {
    const server = connect(this.#port, '127.0.0.1');
    const end = () => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    client.pipe(server).pipe(client);
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}
