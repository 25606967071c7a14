import { readFile } from 'node:fs/promises';
import pg from 'pg';
import type { Process, Usage } from '../results.js';
import { round, sum } from './numbers.js';

/** Linux counts CPU time in hundredths of a second, regardless of the kernel's clock. */
const TICKS_PER_SECOND = 100;

const SQL = `
select xact_commit::float8 as transactions, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as "walBytes"
from pg_stat_database where datname = $1`;

/** Reads cumulative resource usage. */
export interface Meter {
  /** @param operations the number of operations so far. */
  read(operations: number): Promise<Usage>;
  stop(): Promise<void>;
}

/**
 * Meters processes, this one included, and the transactions of a database. Connections report transactions up to 1 s late: a
 * turn includes late ones of its warm-up, and lacks about as many of its own.
 * @param server the URL of another database, so that the readings are not counted.
 */
export async function openMeter(
  { server, database }: { server: string; database: string },
  pids: () => Partial<Record<Process, number[]>>,
): Promise<Meter> {
  const client = new pg.Client({ connectionString: server });
  client.on('error', () => undefined);
  await client.connect();
  return {
    async read(operations) {
      const { user, system } = process.cpuUsage();
      const read = Object.entries(pids()).map(
        async ([name, own]) => [name, sum(await Promise.all(own.map((pid) => treeSeconds(pid))))] as const,
      );
      const caller = (user + system) / 1_000_000;
      const cpuSeconds = { ...Object.fromEntries(await Promise.all(read)), caller };
      const { rows } = await client.query<Usage['postgres']>(SQL, [database]);
      const [postgres = { transactions: Number.NaN, walBytes: Number.NaN }] = rows;
      return { seconds: performance.now() / 1000, operations, cpuSeconds, postgres };
    },
    stop: () => client.end(),
  };
}

/** The usage between two readings. */
export function usageBetween(before: Usage, after: Usage): Usage {
  const cpuSeconds = Object.entries(after.cpuSeconds).map(
    ([name, seconds]) => [name, round(seconds - (before.cpuSeconds[name as Process] ?? 0), 2)] as const,
  );
  return {
    seconds: round(after.seconds - before.seconds, 3),
    operations: after.operations - before.operations,
    cpuSeconds: Object.fromEntries(cpuSeconds),
    postgres: {
      transactions: after.postgres.transactions - before.postgres.transactions,
      walBytes: after.postgres.walBytes - before.postgres.walBytes,
    },
  };
}

/** CPU seconds in /proc/PID/stat: of the process, and of its children that have ended. */
export function timesIn(stat: string): { own: number; ended: number } {
  // The second field is the program's name in brackets and may contain spaces; the times are fields 12 to 15 after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15).map(Number);
  return { own: (user + system) / TICKS_PER_SECOND, ended: (endedUser + endedSystem) / TICKS_PER_SECOND };
}

const readOrEmpty = (path: string) => readFile(path, 'utf8').catch(() => '');

/**
 * CPU seconds of a process and its children so far, ended ones included.
 * @param read reads a file of /proc; '' if its process has ended.
 */
export async function treeSeconds(pid: number, read = readOrEmpty): Promise<number> {
  const { own, ended } = timesIn(await read(`/proc/${pid}/stat`));
  const children = (await read(`/proc/${pid}/task/${pid}/children`)).split(' ').filter(Boolean);
  const stats = await Promise.all(children.map((child) => read(`/proc/${child}/stat`)));
  // A child that has ended in between may be missing.
  if (timesIn(await read(`/proc/${pid}/stat`)).ended !== ended) return treeSeconds(pid, read);
  return own + ended + sum(stats.map((stat) => timesIn(stat).own));
}

/** The resident memory of a process in MiB. */
export async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024);
}
