import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Postgres, startPostgres } from '@wxa/stack';

/** PostgreSQL, which can be shut down as in a crash and restarts with its data. */
export class Database {
  private constructor(
    private readonly options: { dataDir: string; logFile: string; port: number },
    private postgres: Postgres,
  ) {}

  static async start(folder: string, signal: AbortSignal): Promise<Database> {
    const place = { dataDir: join(folder, 'postgres'), logFile: join(folder, 'logs', 'postgres.log') };
    const postgres = await startPostgres({ ...place, signal });
    return new Database({ ...place, port: Number(new URL(postgres.url).port) }, postgres);
  }

  get url(): string {
    return this.postgres.url;
  }

  /** Immediate shutdown: connections are cut, and the next start recovers from the log. */
  async restart(downMs: number): Promise<string> {
    process.kill(this.postgres.pid, 'SIGQUIT');
    await this.postgres.exited;
    await delay(downMs);
    this.postgres = await startPostgres(this.options);
    return 'postgres';
  }

  stop(): Promise<void> {
    return this.postgres.stop();
  }
}
