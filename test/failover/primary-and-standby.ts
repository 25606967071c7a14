import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { databaseUrl, type Folder, type Postgres, startPostgres, temporaryFolder } from '@wxa/stack';
import { eventually } from '../eventually.js';
import { query } from '../query.js';
import { TcpProxy } from '../tcp-proxy.js';

const run = promisify(execFile);

/** A primary with a standby, behind one address. */
export class PrimaryAndStandby {
  /** The processes of a primary that has stopped responding. */
  #hung: number[] = [];
  /** The stopped receiver of a standby that gets nothing more. */
  #receiver: number | undefined;

  private constructor(
    private readonly folder: Folder,
    private readonly primary: Postgres,
    private readonly standby: Postgres,
    /** The address that the clients use. */
    readonly url: string,
    private readonly proxy: TcpProxy,
  ) {}

  static async start(): Promise<PrimaryAndStandby> {
    const folder = await temporaryFolder('standby');
    const [first, second] = [join(folder.path, 'first'), join(folder.path, 'second')];
    const { port, stop } = await startPostgres({ dataDir: first });
    await stop();
    await run('cp', ['-a', first, second]);
    const primary = await startPostgres({ dataDir: first, port });
    const standby = await startPostgres({ dataDir: second, standbyOf: primary.url });
    const proxy = new TcpProxy(port);
    const url = new URL(primary.url);
    url.port = String(await proxy.listen());
    return new PrimaryAndStandby(folder, primary, standby, url.href, proxy);
  }

  /** From now on a commit waits until the standby has it. */
  async makeSynchronous(): Promise<void> {
    await query(this.primary.url, `alter system set synchronous_standby_names = 'standby'`);
    await query(this.primary.url, 'select pg_reload_conf()');
    await eventually(async () => {
      const [row] = await query<{ sync_state: string }>(
        this.primary.url,
        'select sync_state from pg_stat_replication',
      );
      return row?.sync_state === 'sync';
    });
  }

  /** Resolves once the standby has a row that `text` finds in the database of a URL, and gets nothing more. */
  async cutStandbyAfter(database: string, text: string): Promise<void> {
    const url = databaseUrl(this.standby.url, new URL(database).pathname.slice(1));
    await eventually(async () => (await query(url, text)).length > 0);
    const [row] = await query<{ pid: number }>(this.standby.url, 'select pid from pg_stat_wal_receiver');
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
    this.proxy.target = this.standby.port;
  }

  async killPrimary(): Promise<void> {
    for (const pid of await this.#primaryPids()) process.kill(pid, 'SIGKILL');
    await this.primary.exited;
  }

  async stop(): Promise<void> {
    this.proxy.close();
    // A process that hangs does not notice that its server has ended.
    for (const pid of this.#hung) killIfThere(pid);
    await Promise.all([this.primary.stop(), this.standby.stop()]);
    await this.folder.release();
  }

  async #primaryPids(): Promise<number[]> {
    const { pid } = this.primary;
    const { stdout } = await run('pgrep', ['-P', String(pid)]).catch(() => ({ stdout: '' }));
    return [pid, ...stdout.trim().split('\n').map(Number)].filter((each) => each > 0);
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
