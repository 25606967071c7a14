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
import type { Entrant } from './contenders/entrants.js';
import { type Redis, startRedis } from './contenders/redis.js';
import { Meter } from './meter.js';
import type { Workload } from './results.js';
import type { Run } from './run.js';

/** graphile-worker wants a connection for each job in flight, 500 at (b). */
const MAX_CONNECTIONS = '700';

/**
 * Kafka's own default. Workers that begin together get their partitions once: what one has begun when another takes over
 * its partition waits there until its lease is over.
 */
const JOIN_MS = 3_000;

/** What all contenders of a part share. */
export interface Servers {
  postgres: Postgres;
  kafka: Kafka;
  redis: Redis | undefined;
  logDir: string;
}

export async function startServers(run: Run, { withRedis = false, workers = 1 } = {}): Promise<Servers> {
  const { signal } = run;
  const logs = await temporaryFolder('bench');
  run.started({ stop: () => logs.release() });
  const settings = { max_connections: MAX_CONNECTIONS };
  const postgres = run.started(await startPostgres({ settings, signal }));
  const kafka = run.started(await startKafka({ firstJoinDelayMs: workers > 1 ? JOIN_MS : 0, signal }));
  const redis = withRedis ? run.started(await startRedis()) : undefined;
  return { postgres, kafka, redis, logDir: logs.path };
}

/** Our own gateway and workers, on the servers, with a simulator: in a database and under topics of the given name. */
export async function deploy(
  run: Run,
  { postgres, kafka }: Servers,
  {
    name,
    workers = 1,
    latencyMs,
    inFlight,
    env: more = {},
  }: {
    name: string;
    workers?: number;
    env?: Record<string, string>;
  } & Pick<Workload, 'latencyMs' | 'inFlight'>,
): Promise<Stack> {
  const env = {
    SIM_LATENCY_MS: String(latencyMs),
    WORKER_CONCURRENCY: String(inFlight),
    KAFKA_TOPIC_PREFIX: `${name}.`,
    LOG_LEVEL: 'warn',
    ...more,
  };
  const postgresUrl = await createDatabase(postgres.url, name);
  const { signal } = run;
  const given = { postgresUrl, kafkaBrokers: kafka.brokers };
  return run.started(await startStack({ ...given, workers, env, signal }));
}

/** Meters the servers, the simulator of `stack` and the processes of an entrant. */
export function meterOf(
  { postgres, kafka }: Servers,
  { sim }: Stack,
  entrant: Pick<Entrant, 'database' | 'pids'>,
): Promise<Meter> {
  return Meter.open({
    postgres: databaseUrl(postgres.url, entrant.database),
    pids: () => ({
      PostgreSQL: [postgres.pid],
      Kafka: [kafka.pid],
      simulator: sim === undefined ? [] : [sim.pid],
      ...entrant.pids(),
    }),
  });
}
