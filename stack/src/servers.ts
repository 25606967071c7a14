import { join } from 'node:path';
import { Child } from './child.js';
import { startKafka } from './kafka.js';
import { keptServer, type Server } from './kept-server.js';
import type { Plan } from './plan.js';
import { startPostgres } from './postgres.js';
import { program } from './program.js';
import { orAborted } from './wait.js';

/** The URL of a PostgreSQL with the schema up to date: the one given or one of our own. */
export async function startDatabase(plan: Plan): Promise<string> {
  const url = plan.env.DATABASE_URL ?? (await embeddedPostgres(plan));
  await migrate(plan, url);
  return url;
}

/** The brokers given, or those of a Kafka of our own. */
export async function startBroker(plan: Plan): Promise<string> {
  const { env, options, logs, parts } = plan;
  if (env.KAFKA_BROKERS) return env.KAFKA_BROKERS;
  const start = (port?: number) =>
    startKafka({
      port,
      dataDir: options.dataDir && join(options.dataDir, 'kafka'),
      logFile: join(logs, 'kafka.log'),
      signal: parts.signal,
    });
  const kafka = await start();
  keep(plan, 'Kafka', kafka, () => start(portOf(`kafka://${kafka.brokers}`)));
  return kafka.brokers;
}

async function embeddedPostgres(plan: Plan): Promise<string> {
  const { options, logs, parts } = plan;
  const start = (port?: number) =>
    startPostgres({
      port,
      dataDir: options.dataDir && join(options.dataDir, 'postgres'),
      logFile: join(logs, 'postgres.log'),
      signal: parts.signal,
    });
  const postgres = await start();
  keep(plan, 'PostgreSQL', postgres, () => start(portOf(postgres.url)));
  return postgres.url;
}

const portOf = (url: string) => Number(new URL(url).port);

/** A server with data that stays is started again where apps are; another one's end is the end of all. */
function keep<S extends Server>(
  { options, parts }: Plan,
  name: string,
  server: S,
  again: () => Promise<S>,
): void {
  const { restart, dataDir, tell = () => undefined } = options;
  const kept = restart && dataDir ? keptServer(name, server, again, { tell, signal: parts.signal }) : server;
  parts.add({ name, turn: 'server', exited: kept.exited, stop: () => kept.stop() });
}

async function migrate({ env, logs, parts }: Plan, url: string): Promise<void> {
  const child = await Child.start({
    name: 'migrate',
    command: process.execPath,
    args: [program('libs/store/dist/migrate.js')],
    env: { ...env, DATABASE_URL: url },
    logFile: join(logs, 'migrate.log'),
  });
  try {
    const { code } = await orAborted(child.exited, parts.signal);
    if (code !== 0) await child.failure();
  } finally {
    await child.stop('SIGTERM', 2000);
  }
}
