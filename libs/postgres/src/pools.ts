import type { TlsOptions } from 'node:tls';
import pg from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import { observedClient, type StoreObserver } from './observer.js';
import { rejectIfBehind } from './schema-version.js';
import { PROBE_TIMEOUT_MS } from './server/postgres-probe.js';

/** How to reach Postgres. */
export interface DatabaseOptions {
  /** Its parameters of TLS are not used; see `tls`. */
  url: string;
  /** The password for a new connection, instead of that of the URL. */
  password?: () => Promise<string>;
  /** The current PEM texts, with which the server is verified and connections are encrypted. Default: no encryption. */
  tls?: { readonly current: Pick<TlsOptions, 'ca' | 'cert' | 'key'>; onChange(listener: () => void): void };
  /** How long a connection is used, in seconds; by default without limit. */
  maxLifetimeS?: number;
  /** Connections at most, besides those of POOLS; default 10. */
  poolSize?: number;
  /** Shown in pg_stat_activity. */
  applicationName?: string;
  /** false: statements have no time limit, for example to build an index. */
  timeLimits?: boolean;
  /** Hears of each statement and batch. */
  observer?: StoreObserver;
}

const CONNECT_MS = 5000;

/**
 * What every connection has in common. The URL is not passed to pg as it is: its empty password would replace the function,
 * and pg would read certificate files only once.
 */
function clientOptions(options: DatabaseOptions): pg.PoolConfig {
  const { url, password, maxLifetimeS = 0, applicationName, observer } = options;
  const parsed = parseIntoClientConfig(url);
  return {
    ...parsed,
    ...(password === undefined ? {} : { password }),
    ssl: tlsOptions(options),
    connectionTimeoutMillis: CONNECT_MS,
    maxLifetimeSeconds: maxLifetimeS,
    ...(applicationName === undefined ? {} : { application_name: applicationName }),
    ...(observer === undefined ? {} : { Client: observedClient(observer) }),
  };
}

/** A new object each time, because pg changes it. */
function tlsOptions({ url, tls }: DatabaseOptions): pg.PoolConfig['ssl'] {
  // Without the host Node would compare a certificate with "localhost" if the host is an IP address.
  return tls === undefined
    ? false
    : ({ ...tls.current, host: parseIntoClientConfig(url).host, rejectUnauthorized: true } as object);
}

// A statement that never ends would block a lane, an accept or a shutdown without limit; so would a server that disappears
// without closing its connections. A process that is stopped (SIGSTOP) within a transaction keeps its rows locked no longer than 5 s.
const LIMITS = {
  statement_timeout: 30_000,
  idle_in_transaction_session_timeout: 5_000,
  query_timeout: 35_000,
  keepAlive: true,
};

// What callers, WeChat and lanes wait for: a single connection that hangs, because a NAT entry has expired or a pooler's process
// is dead, must not delay it for longer than WeChat waits for a response to its callback.
const QUICK_LIMITS = { statement_timeout: 4_500, query_timeout: 5_000 };

const PROBE_LIMITS = {
  connectionTimeoutMillis: PROBE_TIMEOUT_MS,
  statement_timeout: PROBE_TIMEOUT_MS,
};

// Unfinished operations are read through their partial index, although finished ones are in the requested order already:
// by default Postgres costs a random page at four times a sequential one, and takes the rows of a two-column index to be
// scattered.
const PLANNED_EACH_TIME = ['plan_cache_mode=force_custom_plan', 'random_page_cost=1.1', 'jit=off'];

/** Connections for everything without a pool of its own, and for migrations. */
export function forCalls(options: DatabaseOptions): pg.PoolConfig {
  const { poolSize: max = 10, timeLimits = true } = options;
  const limits = timeLimits ? LIMITS : { keepAlive: true };
  return { ...clientOptions(options), max, ...limits, options: withSettings(PLANNED_EACH_TIME) };
}

function withSettings(settings: readonly string[]): string {
  return settings.map((setting) => `-c ${setting}`).join(' ');
}

// Each batch finds its rows by `= any(ids)`, joins them by hash and uses the index that has the requested order. That plan is
// right for any number of rows, so it is made once, even while the tables are empty. Planning each time took as long as the
// execution.
const PLANNED_ONCE = [
  'plan_cache_mode=force_generic_plan',
  'enable_seqscan=off',
  'enable_mergejoin=off',
  'enable_nestloop=off',
  'enable_sort=off',
  'jit=off',
];

// A list is read in the order of an index, however few rows Postgres expects: its estimates are as old as its statistics,
// and a sort reads every row that matches the filter.
const IN_INDEX_ORDER = [
  'plan_cache_mode=force_custom_plan',
  'random_page_cost=1.1',
  'enable_seqscan=off',
  'enable_bitmapscan=off',
  'enable_sort=off',
  'jit=off',
];

/**
 * Maximum number of connections per process and purpose, besides those for all other statements of callers and lanes. Each
 * purpose has a pool of its own, so that none waits for another. Connections are opened on demand.
 */
export const POOLS = {
  /** Concurrent batches of accepts, claims and settlements, and the outbox. */
  batches: { max: 8, pipeline: true, settings: PLANNED_ONCE, limits: QUICK_LIMITS },
  /** Leases and notifications; each channel with a listener occupies one connection, in a worker up to four. */
  relay: { max: 6, pipeline: false, settings: PLANNED_EACH_TIME },
  /** WeChat's callbacks, platform events on one at a time, and settlements with effects on audits. */
  pushes: { max: 3, pipeline: true, settings: PLANNED_EACH_TIME, limits: QUICK_LIMITS },
  /** Tokens of mini-programs and of the platform, each by its key. */
  tokens: { max: 5, pipeline: true, settings: PLANNED_ONCE, limits: QUICK_LIMITS },
  /** Pages of lists; further lists wait for a connection. */
  lists: { max: 3, pipeline: false, settings: IN_INDEX_ORDER },
  /** Counts for metrics and summaries. */
  counts: { max: 1, pipeline: false, settings: PLANNED_EACH_TIME },
  /** PostgresProbe. */
  probe: { max: 1, pipeline: false, settings: PLANNED_EACH_TIME, limits: PROBE_LIMITS },
} as const;

/** Pools by purpose; `calls` is for everything without a pool of its own. */
export type Pools = Record<keyof typeof POOLS | 'calls', pg.Pool>;

/**
 * Connects. Rejects with SchemaBehindError, or with the driver's error if Postgres is unavailable.
 * @param onClaimer runs on each new connection that may claim operations, before its first statement.
 */
export async function openPools(
  options: DatabaseOptions,
  onClaimer?: (client: pg.ClientBase) => Promise<void>,
): Promise<Pools> {
  const calls = openPool(options);
  await rejectIfBehind(calls).catch(async (error: unknown) => {
    await calls.end();
    throw error;
  });
  const open = (purpose: keyof typeof POOLS, more: pg.PoolConfig = {}) =>
    poolFor(options, POOLS[purpose], more);
  const pools = {
    calls,
    // Not `verify`: pg-pool would lose a connection if the wait for it ended while `verify` runs.
    batches: open('batches', onClaimer === undefined ? {} : { onConnect: onClaimer }),
    relay: open('relay'),
    pushes: open('pushes'),
    tokens: open('tokens'),
    lists: open('lists'),
    counts: open('counts'),
    probe: open('probe'),
  };
  for (const pool of Object.values(pools)) {
    // pg passes the options of the pool to each new connection.
    options.tls?.onChange(() => {
      pool.options.ssl = tlsOptions(options);
    });
  }
  return pools;
}

function poolFor(
  options: DatabaseOptions,
  { max, pipeline, settings, ...purpose }: (typeof POOLS)[keyof typeof POOLS],
  more: pg.PoolConfig,
): pg.Pool {
  const limits = 'limits' in purpose ? { ...LIMITS, ...purpose.limits } : LIMITS;
  const config = { ...clientOptions(options), max, pipeline, ...limits, ...more };
  return survivingLoss(new pg.Pool({ ...config, options: withSettings(settings) }));
}

/** The pool for everything without a pool of its own. */
export function openPool(options: DatabaseOptions): pg.Pool {
  return survivingLoss(new pg.Pool(forCalls(options)));
}

/**
 * The pool replaces an idle connection that is lost (Postgres restarts). Without a listener the error would end the process. The
 * same holds for a connection that is lost while its pool is closing.
 */
function survivingLoss(pool: pg.Pool): pg.Pool {
  pool.on('error', () => undefined);
  return pool.on('connect', (client) => client.on('error', () => undefined));
}
