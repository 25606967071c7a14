import { join } from 'node:path';
import type { Plan } from '../plan/plan.js';
import { Child } from '../processes/child.js';
import { program } from '../processes/program.js';
import { orAborted } from '../processes/wait.js';
import { startKafka } from './kafka.js';
import { startPostgres } from './postgres.js';
import { restartedServer, type Server } from './restarted-server.js';

/** The URL of the given or an embedded PostgreSQL, with the schema up to date. */
export async function startDatabase(plan: Plan): Promise<string> {
  const url = plan.env.DATABASE_URL ?? (await embedded(plan, 'PostgreSQL', 'postgres', startPostgres)).url;
  await migrate(plan, url);
  return url;
}

/** The addresses of the given or an embedded Kafka. */
export async function startBroker(plan: Plan): Promise<string> {
  return plan.env.KAFKA_BROKERS || (await embedded(plan, 'Kafka', 'kafka', startKafka)).brokers;
}

interface Place {
  port: number | undefined;
  dataDir: string | undefined;
  logFile: string;
  signal: AbortSignal;
}

/**
 * Starts an embedded server. If apps are restarted, so is a server with persistent data; any other server's
 * exit ends the stack.
 * @param folder of its data, and the name of its log.
 */
async function embedded<S extends Server & { port: number }>(
  { options, logs, parts }: Plan,
  name: string,
  folder: string,
  start: (place: Place) => Promise<S>,
): Promise<S> {
  const { restart, dataDir, log = () => undefined } = options;
  const { signal } = parts;
  const at = (port?: number) =>
    start({ port, dataDir: dataDir && join(dataDir, folder), logFile: join(logs, `${folder}.log`), signal });
  const server = await at();
  const isRestarted = restart && dataDir;
  const { exited, stop } = isRestarted
    ? restartedServer(name, server, () => at(server.port), { log, signal })
    : server;
  parts.add({ name, turn: 'server', exited, stop });
  return server;
}

async function migrate({ env, logs, parts }: Plan, url: string): Promise<void> {
  const child = await Child.start({
    name: 'migrate',
    command: process.execPath,
    args: [program('apps/cli/dist/main.js'), 'migrate'],
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
