import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { databaseUrl } from '@wxa/stack';
import pg from 'pg';
import { round, sum } from '../numbers.js';
import type { Process, Usage } from '../results.js';
import { busySeconds, childrenOf, memoryMiB, treeSeconds } from './processes.js';

/** Whose use is told. */
export interface Watched {
  /** Asked at each reading. The one who asks, this process, is always told of. */
  pids(): Partial<Record<Exclude<Process, 'caller'>, number[]>>;
  /** The database in use, of the PostgreSQL among `pids`. */
  postgres: string;
  /** Where Kafka keeps its logs. */
  kafkaData: string;
}

/** All that was used up to one moment. */
export interface Reading {
  at: number;
  operations: number;
  cpuSeconds: Usage['cpuSeconds'];
  /** Of the whole machine. */
  busySeconds: number;
  transactions: number;
  walBytes: number;
  kafkaBytes: number;
}

/** The log of the cluster itself, in which the broker notes that it lives. */
const CLUSTER_LOG = '__cluster_metadata-0';

/**
 * Reads what processes, PostgreSQL and Kafka used. PostgreSQL's connections tell of their transactions up to a second
 * late: a turn has those of the warm-up before it that came late, and lacks as many of its own.
 */
export class Meter {
  readonly #client: pg.Client;

  private constructor(private readonly watched: Watched) {
    // By way of another database, so that these readings are not counted.
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
    const [cpuSeconds, busy, postgres, kafkaBytes] = await Promise.all([
      this.#cpuSeconds(),
      busySeconds(),
      this.#postgres(),
      bytesOfLogs(this.watched.kafkaData),
    ]);
    return { at: performance.now(), operations, cpuSeconds, busySeconds: busy, ...postgres, kafkaBytes };
  }

  /** What was used from one reading to another, and the memory held now. */
  async between(before: Reading, after: Reading): Promise<Usage> {
    return { ...used(before, after), residentMiB: await this.#residentMiB() };
  }

  async close(): Promise<void> {
    await this.#client.end();
  }

  async #cpuSeconds(): Promise<Usage['cpuSeconds']> {
    const { user, system } = process.cpuUsage();
    return { ...(await this.#each(treeSeconds)), caller: (user + system) / 1_000_000 };
  }

  async #residentMiB(): Promise<Usage['residentMiB']> {
    const ofTree = async (pid: number) =>
      sum(await Promise.all([pid, ...(await childrenOf(pid))].map(memoryMiB)));
    const all = { ...(await this.#each(ofTree)), caller: await memoryMiB(process.pid) };
    return mapValues(all, (value) => Math.round(value));
  }

  async #each(measure: (pid: number) => Promise<number>): Promise<Partial<Record<Process, number>>> {
    const entries = Object.entries(this.watched.pids()).map(
      async ([name, pids]) => [name, sum(await Promise.all(pids.map(measure)))] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
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

/** What was used from one reading to another. */
export function used(before: Reading, after: Reading): Omit<Usage, 'residentMiB'> {
  const cpu = Object.entries(after.cpuSeconds).map(
    ([name, seconds]) => [name, round(seconds - (before.cpuSeconds[name as Process] ?? 0), 2)] as const,
  );
  return {
    seconds: round((after.at - before.at) / 1000, 3),
    operations: after.operations - before.operations,
    cpuSeconds: Object.fromEntries(cpu),
    elsewhereCpuSeconds: round(
      after.busySeconds - before.busySeconds - sum(cpu.map(([, seconds]) => seconds)),
      2,
    ),
    postgres: {
      transactions: after.transactions - before.transactions,
      walBytes: after.walBytes - before.walBytes,
    },
    kafkaBytes: after.kafkaBytes - before.kafkaBytes,
  };
}

/** Of the whole machine. */
export function coresBusyIn(before: Reading, after: Reading): number {
  return round((1000 * (after.busySeconds - before.busySeconds)) / (after.at - before.at), 2);
}

async function bytesOfLogs(data: string): Promise<number> {
  const topics = (await readdir(data, { withFileTypes: true })).filter(
    (entry) => entry.isDirectory() && entry.name !== CLUSTER_LOG,
  );
  return sum(await Promise.all(topics.map(({ name }) => bytesOfSegments(join(data, name)))));
}

async function bytesOfSegments(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const segments = names.filter((name) => name.endsWith('.log')).map((name) => join(folder, name));
  // One that is deleted meanwhile has nothing.
  return sum(
    await Promise.all(
      segments.map((path) =>
        stat(path).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
    ),
  );
}

function mapValues<K extends string>(
  record: Partial<Record<K, number>>,
  change: (value: number) => number,
): Partial<Record<K, number>> {
  const entries = Object.entries<number | undefined>(record).map(([key, value]) => [key, change(value ?? 0)]);
  return Object.fromEntries(entries);
}
