import 'reflect-metadata';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { AuditEntity } from './entities/audit.entity.js';
import { OperationEntity } from './entities/operation.entity.js';
import { InitialSchema1765324800000 } from './migrations/1765324800000-initial-schema.js';

/** How to reach Postgres. */
export interface DataSourceOptions {
  url: string;
  /** Connections at most, besides those of POOLS; default 10. */
  poolSize?: number;
  /** Shown in pg_stat_activity. */
  applicationName?: string;
  /** false: a statement may take as long as it takes, as one that builds an index. */
  timeLimits?: boolean;
}

/** TypeORM's data source of this schema, not yet connected. */
export function createDataSource(options: DataSourceOptions): DataSource {
  const { url, poolSize = 10, applicationName, timeLimits = true } = options;
  return new DataSource({
    type: 'postgres',
    url,
    poolSize,
    ...(applicationName === undefined ? {} : { applicationName }),
    connectTimeoutMS: 5000,
    entities: [OperationEntity, AuditEntity],
    migrations: [InitialSchema1765324800000],
    migrationsTransactionMode: 'each',
    extra: {
      ...(timeLimits ? LIMITS : { keepAlive: true }),
      options: EACH_TIME_ANEW.map((setting) => `-c ${setting}`).join(' '),
    },
  });
}

// A statement that never ends would hold a lane, an accept or a shutdown for ever; so would a server that vanished
// without a word.
const LIMITS = {
  statement_timeout: 30_000,
  idle_in_transaction_session_timeout: 30_000,
  query_timeout: 35_000,
  keepAlive: true,
};

// What is unfinished is found by its own index although all that is finished lies in the order asked for: Postgres takes
// a jump to be four times a step, and the rows of an index of two columns to be scattered.
const EACH_TIME_ANEW = ['plan_cache_mode=force_custom_plan', 'random_page_cost=1.1', 'jit=off'];

// Each batch finds its rows by `= any(ids)` and joins them by hash, and of two indexes takes the one in the order asked
// for: right for any number of rows. So it is planned once, be it while the tables are empty, and not each time, which
// took as long as the work itself.
const PLANNED_ONCE = [
  'plan_cache_mode=force_generic_plan',
  'enable_seqscan=off',
  'enable_mergejoin=off',
  'enable_nestloop=off',
  'enable_sort=off',
  'jit=off',
];

// A list is read in the order of an index, however few rows Postgres expects: its estimates are as old as its statistics,
// and to sort is to read all that fits the filter.
const IN_INDEX_ORDER = [
  'plan_cache_mode=force_custom_plan',
  'random_page_cost=1.1',
  'enable_seqscan=off',
  'enable_bitmapscan=off',
  'enable_sort=off',
  'jit=off',
];

/**
 * Connections of one process at most, by purpose, besides those for all else that callers and lanes ask. Each purpose has
 * its own, so that none has to wait while another uses up its connections. They are opened when they are needed.
 */
export const POOLS = {
  /** Batches of accepts, claims and settlements that can be under way at once, and the outbox. */
  batches: { max: 8, pipeline: true, settings: PLANNED_ONCE },
  /** Leases and notifications; each channel that is listened to keeps one connection. */
  relay: { max: 5, pipeline: false, settings: EACH_TIME_ANEW },
  /** What WeChat pushes: it is answered within 5 s or pushed again. */
  pushes: { max: 3, pipeline: false, settings: EACH_TIME_ANEW },
  /** Pages of lists; more wait for these. */
  lists: { max: 3, pipeline: false, settings: IN_INDEX_ORDER },
  /** Readiness and what is measured. */
  probes: { max: 2, pipeline: false, settings: EACH_TIME_ANEW },
} as const;

/** Pools by purpose; `calls` is for all that has no purpose of its own. */
export type Pools = Record<keyof typeof POOLS | 'calls', pg.Pool>;

/** The pools of a process, that of a connected data source among them. */
export function openPools(dataSource: DataSource, options: DataSourceOptions): Pools {
  const open = (purpose: keyof typeof POOLS) => poolFor(options, POOLS[purpose]);
  const pools = {
    calls: poolOf(dataSource),
    batches: open('batches'),
    relay: open('relay'),
    pushes: open('pushes'),
    lists: open('lists'),
    probes: open('probes'),
  };
  // An idle connection that breaks (Postgres restarts) is replaced by the pool; unheard it would end the process.
  // So is one that breaks while its pool is closed.
  for (const pool of Object.values(pools)) {
    pool.on('error', () => undefined);
    pool.on('connect', (client) => client.on('error', () => undefined));
  }
  return pools;
}

function poolFor(
  { url, applicationName }: DataSourceOptions,
  { max, pipeline, settings }: (typeof POOLS)[keyof typeof POOLS],
): pg.Pool {
  return new pg.Pool({
    connectionString: url,
    max,
    pipeline,
    connectionTimeoutMillis: 5000,
    ...(applicationName === undefined ? {} : { application_name: applicationName }),
    ...LIMITS,
    options: settings.map((setting) => `-c ${setting}`).join(' '),
  });
}

/** The pg pool under a connected data source: hot statements go to it directly, as named prepared statements. */
export function poolOf(dataSource: DataSource): pg.Pool {
  const { master } = dataSource.driver as unknown as { master: unknown };
  if (!(master instanceof pg.Pool)) throw new Error('the data source is not connected');
  return master;
}
