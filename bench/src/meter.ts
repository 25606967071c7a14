import { readFile } from 'node:fs/promises';
import { databaseUrl } from '@wxa/stack';
import pg from 'pg';
import { round, sum } from './numbers.js';
import type { Process, Usage } from './results.js';

/** Linux counts CPU time in hundredths of a second, whatever its kernel's clock is. */
const TICKS_PER_SECOND = 100;

/** What is metered. */
export interface Watched {
  /** Read at each reading. This process, the caller, is always metered. */
  pids(): Partial<Record<Exclude<Process, 'caller'>, number[]>>;
  /** The URL of the database in use. */
  postgres: string;
}

/** Everything used up to one moment. */
export interface Reading {
  at: number;
  operations: number;
  cpuSeconds: Usage['cpuSeconds'];
  transactions: number;
  walBytes: number;
}

/**
 * Reads what processes and PostgreSQL used. Connections report their transactions up to a second late: a turn has late ones of
 * the warm-up before it, and lacks as many of its own.
 */
export class Meter {
  readonly #client: pg.Client;

  private constructor(private readonly watched: Watched) {
    // Another database, so that these readings are not counted.
    this.#client = new pg.Client({ connectionString: databaseUrl(watched.postgres, 'postgres') });
    this.#client.on('error', () => undefined);
  }

  static async open(watched: Watched): Promise<Meter> {
    const meter = new Meter(watched);
    await meter.#client.connect();
    return meter;
  }

  /** @param operations how many there have been. */
  async read(operations: number): Promise<Reading> {
    const [cpuSeconds, postgres] = await Promise.all([this.#cpuSeconds(), this.#postgres()]);
    return { at: performance.now(), operations, cpuSeconds, ...postgres };
  }

  async stop(): Promise<void> {
    await this.#client.end();
  }

  async #cpuSeconds(): Promise<Usage['cpuSeconds']> {
    const { user, system } = process.cpuUsage();
    const read = Object.entries(this.watched.pids()).map(
      async ([name, pids]) => [name, sum(await Promise.all(pids.map(treeSeconds)))] as const,
    );
    return { ...Object.fromEntries(await Promise.all(read)), caller: (user + system) / 1_000_000 };
  }

  async #postgres(): Promise<Pick<Reading, 'transactions' | 'walBytes'>> {
    const { rows } = await this.#client.query<{ transactions: string; bytes: string }>(
      `select xact_commit as transactions, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') as bytes
      from pg_stat_database where datname = $1`,
      [decodeURIComponent(new URL(this.watched.postgres).pathname.slice(1))],
    );
    return { transactions: Number(rows[0]?.transactions), walBytes: Number(rows[0]?.bytes) };
  }
}

/** What was used between two readings. */
export function used(before: Reading, after: Reading): Usage {
  const cpuSeconds = Object.entries(after.cpuSeconds).map(
    ([name, seconds]) => [name, round(seconds - (before.cpuSeconds[name as Process] ?? 0), 2)] as const,
  );
  return {
    seconds: round((after.at - before.at) / 1000, 3),
    operations: after.operations - before.operations,
    cpuSeconds: Object.fromEntries(cpuSeconds),
    postgres: {
      transactions: after.transactions - before.transactions,
      walBytes: after.walBytes - before.walBytes,
    },
  };
}

/** CPU time in /proc/PID/stat: of the process, and of its children that have ended. */
export function timesIn(stat: string): { own: number; ended: number } {
  // The second field is the program's name in brackets and may have blanks; the times come 12th to 15th after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15).map(Number);
  return { own: (user + system) / TICKS_PER_SECOND, ended: (endedUser + endedSystem) / TICKS_PER_SECOND };
}

/** CPU time of a process and its children so far, ended ones included. */
async function treeSeconds(pid: number): Promise<number> {
  const read = (path: string) => readFile(path, 'utf8').catch(() => '');
  // The parent first: a child that ends in between is missing in one reading, never counted twice.
  const { own, ended } = timesIn(await read(`/proc/${pid}/stat`));
  const children = (await read(`/proc/${pid}/task/${pid}/children`)).split(' ').filter(Boolean);
  const stats = await Promise.all(children.map((child) => read(`/proc/${child}/stat`)));
  return own + ended + sum(stats.map((stat) => timesIn(stat).own));
}

/** The memory of a process now, and its peak. */
export async function memoryOf(pid: number): Promise<{ residentMiB: number; peakMiB: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (field: string) =>
    Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN) / 1024);
  return { residentMiB: mebibytes('VmRSS'), peakMiB: mebibytes('VmHWM') };
}
