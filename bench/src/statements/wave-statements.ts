import { type Postgres, type Stack, startPostgres, startStack } from '@wxa/stack';
import { SimControl } from '@wxa/wechat-sim';
import pg from 'pg';
import { type Sql, sqlOf } from '../bounds/sql.js';
import { LightCaller } from '../light-caller.js';
import { wave } from '../measure.js';
import { treeSeconds } from '../usage/processes.js';

const LATENCY_MS = 50;
const IN_FLIGHT = 100;
const SHAPE = { count: 200, latencyMs: LATENCY_MS, inFlight: IN_FLIGHT };

/** One statement over a wave of commits; buffers are pages found in memory, read and written. */
interface Statement {
  statement: string;
  callsPerOperation: number;
  rowsPerCall: number;
  planMs: number;
  meanMs: number;
  /** Of the time that all statements took. */
  percent: number;
  buffersPerCall: number;
  walBytesPerOperation: number;
}

/** What PostgreSQL did for each operation of a wave. */
export interface WaveStatements {
  operations: number;
  operationsPerSecond: number;
  perOperation: { cpuMs: number; transactions: number; walBytes: number };
  /** Of the updates of operations: how many changed no index. */
  hotUpdatePercent: number;
  statements: Statement[];
}

/** A wave of 10,000 commits of 200 mini-programs through gateway, Kafka and one worker; WeChat takes 50 ms. */
export async function waveStatements(
  onStart: (stop: () => Promise<void>) => void,
  signal: AbortSignal,
): Promise<WaveStatements> {
  const postgres = await startPostgres({
    settings: { shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.track_planning': 'on' },
    signal,
  });
  onStart(() => postgres.stop());
  const stack = await startStack({
    postgresUrl: postgres.url,
    env: { SIM_LATENCY_MS: String(LATENCY_MS), WORKER_CONCURRENCY: String(IN_FLIGHT), LOG_LEVEL: 'warn' },
    signal,
  });
  onStart(async () => {
    await stack.stop();
    await postgres.stop();
  });
  const pool = new pg.Pool({ connectionString: postgres.url, max: 1 });
  try {
    return await measure(stack, postgres, sqlOf(pool));
  } finally {
    await pool.end();
    await stack.stop();
    await postgres.stop();
  }
}

async function measure(stack: Stack, postgres: Postgres, sql: Sql): Promise<WaveStatements> {
  const caller = new LightCaller(stack.addresses.grpc);
  const sim = new SimControl(stack.addresses.wechat);
  await sql('create extension pg_stat_statements');
  await wave(caller, sim, { ...SHAPE, each: 10 });
  await sql('select pg_stat_statements_reset()');
  const before = await totals(sql, postgres);
  const { operations, operationsPerSecond } = await wave(caller, sim, { ...SHAPE, each: 50 });
  const after = await totals(sql, postgres);
  caller.close();
  const each = (key: keyof Totals) => round((after[key] - before[key]) / operations);
  return {
    operations,
    operationsPerSecond,
    perOperation: { cpuMs: each('cpuMs'), transactions: each('transactions'), walBytes: each('walBytes') },
    hotUpdatePercent: round((100 * each('hotUpdates')) / each('updates')),
    statements: await statements(sql, operations),
  };
}

type Totals = Record<'cpuMs' | 'transactions' | 'walBytes' | 'updates' | 'hotUpdates', number>;

async function totals(sql: Sql, postgres: Postgres): Promise<Totals> {
  const [counted] = await sql<Omit<Totals, 'cpuMs'>>(`
    select d.xact_commit::float8 as transactions, wal_bytes::float8 as "walBytes", n_tup_upd::float8 as updates,
      n_tup_hot_upd::float8 as "hotUpdates"
    from pg_stat_database d, pg_stat_wal, pg_stat_user_tables t
    where d.datname = current_database() and t.relname = 'operations'`);
  const cpuMs = 1000 * (await treeSeconds(postgres.pid));
  return { ...(counted as Omit<Totals, 'cpuMs'>), cpuMs };
}

async function statements(sql: Sql, operations: number): Promise<Statement[]> {
  const rows = await sql<Statement>(
    `select left(regexp_replace(query, '\\s+', ' ', 'g'), 160) as statement, calls / $1::float8 as "callsPerOperation",
      rows::float8 / calls as "rowsPerCall", mean_plan_time as "planMs", mean_exec_time as "meanMs",
      100 * (total_exec_time + total_plan_time) / sum(total_exec_time + total_plan_time) over () as percent,
      (shared_blks_hit + shared_blks_read + shared_blks_written)::float8 / calls as "buffersPerCall",
      wal_bytes::float8 / $1 as "walBytesPerOperation"
    from pg_stat_statements where calls > 0 order by percent desc limit 16`,
    [operations],
  );
  return rows.map(({ statement, ...figures }) => ({
    statement,
    ...(Object.fromEntries(
      Object.entries(figures).map(([key, value]) => [key, round(value)]),
    ) as typeof figures),
  }));
}

const round = (value: number) => Number(value.toPrecision(3));
