import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Postgres, startPostgres } from '@wxa/stack';

/** A PostgreSQL whose data folder can be put back to an earlier state, as with a snapshot of its volume. */
export class RestoredServer {
  readonly #data: string;
  readonly #snapshot: string;

  private constructor(
    private readonly folder: string,
    private server: Postgres,
  ) {
    this.#data = join(folder, 'data');
    this.#snapshot = join(folder, 'snapshot');
  }

  static async create(): Promise<RestoredServer> {
    const folder = await mkdtemp(join(tmpdir(), 'wxa-code-restored-'));
    return new RestoredServer(folder, await startPostgres({ dataDir: join(folder, 'data'), durable: false }));
  }

  get url(): string {
    return this.server.url;
  }

  /** Stops the server, copies its data and starts it again. */
  async snapshot(): Promise<void> {
    await this.server.stop();
    await copy(this.#data, this.#snapshot);
    await this.#start();
  }

  /** Stops the server, puts the copied data back and starts it again. */
  async restore(): Promise<void> {
    await this.server.stop();
    await copy(this.#snapshot, this.#data);
    await this.#start();
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const port = Number(new URL(this.server.url).port);
    this.server = await startPostgres({ dataDir: this.#data, durable: false, port });
  }
}

/** With owners and modes: PostgreSQL rejects a folder that others may read. */
async function copy(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await promisify(execFile)('cp', ['-a', from, to]);
}
