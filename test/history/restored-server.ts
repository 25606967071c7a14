import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Folder, type Postgres, startPostgres, temporaryFolder } from '@wxa/stack';

/** A PostgreSQL whose data folder can be put back to an earlier state, as with a snapshot of its volume. */
export class RestoredServer {
  readonly #data: string;
  readonly #snapshot: string;

  private constructor(
    private readonly folder: Folder,
    private server: Postgres,
  ) {
    this.#data = join(folder.path, 'data');
    this.#snapshot = join(folder.path, 'snapshot');
  }

  static async create(): Promise<RestoredServer> {
    const folder = await temporaryFolder('restored');
    const dataDir = join(folder.path, 'data');
    return new RestoredServer(folder, await startPostgres({ dataDir, durable: false }));
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
    await this.folder.release();
  }

  async #start(): Promise<void> {
    const { port } = this.server;
    this.server = await startPostgres({ dataDir: this.#data, durable: false, port });
  }
}

/** With owners and modes: PostgreSQL rejects a folder that others may read. */
async function copy(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await promisify(execFile)('cp', ['-a', from, to]);
}
