import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import {
  createDatabase,
  databaseUrl,
  type Kafka,
  type Postgres,
  type Stack,
  startKafka,
  startPostgres,
  startStack,
  temporaryFolder,
} from '@wxa/stack';
import type { BenchWorkload } from '../results.js';
import type { Run } from '../run.js';
import { type Meter, openMeter } from './meter.js';
import { type Redis, startRedis } from './redis.js';

/** graphile-worker uses a connection for each job in flight: 500 for workload (b). */
const MAX_CONNECTIONS = '700';

/**
 * Kafka's own default. Workers that start together get their partitions once. Without the delay a later worker could take over
 * a partition, and its operation in progress would then wait until the lease expires.
 */
const JOIN_MS = 3_000;

/** The servers that all contenders of a part share. */
export interface Servers {
  postgres: Postgres;
  kafka: Kafka;
  redis: Redis | undefined;
  logDir: string;
}

export async function startServers(
  run: Run,
  { withRedis = false, workers = 1, preload = '' } = {},
): Promise<Servers> {
  const { signal } = run;
  const logs = await temporaryFolder('bench');
  run.register({ stop: () => logs.release() });
  const settings = { max_connections: MAX_CONNECTIONS, shared_preload_libraries: preload };
  const postgres = run.register(await startPostgres({ settings, signal }));
  const kafka = run.register(await startKafka({ firstJoinDelayMs: workers > 1 ? JOIN_MS : 0, signal }));
  const redis = withRedis ? run.register(await startRedis()) : undefined;
  return { postgres, kafka, redis, logDir: logs.path };
}

export type DeployOptions = Pick<BenchWorkload, 'latencyMs' | 'inFlight'> & {
  workers?: number;
  env?: NodeJS.ProcessEnv;
  /** The folder of a built checkout of another commit, whose schema, gateway and worker are started. */
  checkout?: string | undefined;
};

/** Starts the gateway and the workers with a simulator; `name` is that of the database and the prefix of the topics. */
export async function deploy(
  run: Run,
  { postgres, kafka }: Servers,
  name: string,
  { latencyMs, inFlight, workers = 1, env = {}, checkout }: DeployOptions,
): Promise<Stack> {
  const postgresUrl = await createDatabase(postgres.url, name);
  if (checkout !== undefined) await migrate(checkout, postgresUrl);
  const stack = await startStack({
    postgresUrl,
    migrate: checkout === undefined,
    otherVersion: checkout,
    kafkaBrokers: kafka.brokers,
    workers,
    env: {
      SIM_LATENCY_MS: String(latencyMs),
      WORKER_CONCURRENCY: String(inFlight),
      KAFKA_TOPIC_PREFIX: `${name}.`,
      LOG_LEVEL: 'warn',
      ...env,
    },
    signal: run.signal,
  });
  return run.register(stack);
}

/** Its package.json says how, whatever its version. */
async function migrate(checkout: string, url: string): Promise<void> {
  const env = { ...process.env, DATABASE_URL: url };
  await promisify(execFile)('npm', ['run', '--silent', 'migrate'], { cwd: checkout, env });
}

/** Meters the servers, the simulator of `stack` and the processes of a contender. */
export function meterOf(
  { postgres, kafka }: Servers,
  { sim }: Stack,
  { database, pids }: { database: string; pids(): Record<string, number[]> },
): Promise<Meter> {
  const shared = { PostgreSQL: [postgres.pid], Kafka: [kafka.pid], simulator: sim ? [sim.pid] : [] };
  const server = databaseUrl(postgres.url, 'postgres');
  return openMeter({ server, database }, () => ({ ...shared, ...pids() }));
}
