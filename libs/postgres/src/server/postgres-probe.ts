import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { ServerReader, ServerState } from './server-reader.js';

const EVERY_MS = 1_000;
/** How long a check may take; also the limit of its connection and of its statement. */
export const PROBE_TIMEOUT_MS = 2_000;

/** The result of one check. */
export interface PostgresStatus {
  isWritable: boolean;
  /** Why Postgres is not writable. */
  error?: string;
  /** The server that answered. */
  server?: ServerState;
}

/** Checks every second, on a connection of its own, whether Postgres is writable and which server it is. */
export class PostgresProbe {
  readonly #listeners: ((status: PostgresStatus) => void)[] = [];
  readonly #stopped = new AbortController();
  #pending: Promise<PostgresStatus> | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly reader: ServerReader,
  ) {}

  /** Calls `listener` after every check. */
  onStatus(listener: (status: PostgresStatus) => void): void {
    this.#listeners.push(listener);
  }

  /** Resolves after the first check. */
  async start(): Promise<void> {
    const startedAt = performance.now();
    await this.#report();
    void this.#run(startedAt);
  }

  stop(): void {
    this.#stopped.abort();
  }

  /** Resolves within 2 s. While Postgres hangs, no further statement is sent. */
  check(): Promise<PostgresStatus> {
    this.#pending ??= this.#read().finally(() => {
      this.#pending = undefined;
    });
    const late = { isWritable: false, error: `Postgres did not answer within ${PROBE_TIMEOUT_MS} ms` };
    return Promise.race([this.#pending, delay(PROBE_TIMEOUT_MS, late, { ref: false })]);
  }

  async #run(startedAt: number): Promise<void> {
    const { signal } = this.#stopped;
    for (let at = startedAt; ; ) {
      await delay(Math.max(0, at + EVERY_MS - performance.now()), undefined, { signal }).catch(
        () => undefined,
      );
      if (signal.aborted) return;
      at = performance.now();
      await this.#report();
    }
  }

  async #report(): Promise<void> {
    const status = await this.check();
    if (this.#stopped.signal.aborted) return;
    for (const listener of this.#listeners) listener(status);
  }

  async #read(): Promise<PostgresStatus> {
    try {
      const server = await this.reader.read(this.pool);
      if (server.isWritable) return { isWritable: true, server };
      return { isWritable: false, error: 'Postgres is read-only or a standby', server };
    } catch (error) {
      return { isWritable: false, error: String(error) };
    }
  }
}
