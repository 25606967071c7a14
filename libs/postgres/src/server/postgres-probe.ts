import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { unlessAborted } from '../statements.js';
import { ServerReader, type ServerState } from './server-reader.js';

const EVERY_MS = 1_000;
/** How long Postgres may take for a check; also the limit of its connection and of its statement. */
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
  readonly #reader = new ServerReader(0);
  #pending: Promise<PostgresStatus> | undefined;

  constructor(private readonly pool: Pool) {}

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

  /** Resolves within 2 s, unless this process is busy or suspended. While Postgres hangs, no further statement is sent. */
  check(): Promise<PostgresStatus> {
    this.#pending ??= this.#read().finally(() => {
      this.#pending = undefined;
    });
    return withinOwnTime(PROBE_TIMEOUT_MS, this.#pending).catch(unavailable);
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
      const server = await unlessAborted(this.pool, undefined, (client) =>
        withinOwnTime(PROBE_TIMEOUT_MS, this.#reader.read(client)),
      );
      if (server.isWritable) return { isWritable: true, server };
      return { isWritable: false, error: 'Postgres is read-only or a standby', server };
    } catch (error) {
      return unavailable(error);
    }
  }
}

const unavailable = (error: unknown): PostgresStatus => ({ isWritable: false, error: String(error) });

const PARTS = 10;

/**
 * Rejects if `work` takes longer than `ms` of the time in which this process runs. While it is busy or suspended, responses
 * arrive but are not read, and a single timer would end before them; here that counts as a tenth of `ms` at most.
 */
async function withinOwnTime<T>(ms: number, work: Promise<T>): Promise<T> {
  const done = new AbortController();
  try {
    return await Promise.race([work, rejectAfter(ms, done.signal)]);
  } finally {
    done.abort();
  }
}

async function rejectAfter(ms: number, signal: AbortSignal): Promise<never> {
  for (let part = 0; part < PARTS; part += 1) await delay(ms / PARTS, undefined, { ref: false, signal });
  // The text of pg, by which errors of an unavailable server are recognized.
  throw new Error(`Query read timeout: no response within ${ms} ms`);
}
