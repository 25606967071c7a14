import { join } from 'node:path';
import { Child } from './child.js';
import { startKafka } from './kafka.js';
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
export async function startBroker({ env, options, logs, parts }: Plan): Promise<string> {
  if (env.KAFKA_BROKERS) return env.KAFKA_BROKERS;
  const kafka = await startKafka({
    dataDir: options.dataDir && join(options.dataDir, 'kafka'),
    logFile: join(logs, 'kafka.log'),
    signal: parts.signal,
  });
  parts.add({ name: 'Kafka', turn: 'server', ...kafka });
  return kafka.brokers;
}

async function embeddedPostgres({ options, logs, parts }: Plan): Promise<string> {
  const postgres = await startPostgres({
    dataDir: options.dataDir && join(options.dataDir, 'postgres'),
    logFile: join(logs, 'postgres.log'),
    signal: parts.signal,
  });
  parts.add({ name: 'PostgreSQL', turn: 'server', ...postgres });
  return postgres.url;
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
