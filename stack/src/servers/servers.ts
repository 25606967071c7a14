import { join } from 'node:path';
import { supervision } from '../plan/options.js';
import type { Plan } from '../plan/plan.js';
import { Child } from '../processes/child.js';
import { folderFor } from '../processes/folders.js';
import { freePort } from '../processes/ports.js';
import { program } from '../processes/program.js';
import { orAborted } from '../processes/wait.js';
import { startKafka } from './kafka.js';
import { ACCESS, type KafkaSecurity, kafkaSecurity } from './kafka-security.js';
import { startPostgres } from './postgres.js';
import { createRoles, postgresSecurity } from './postgres-security.js';
import { restartedServer, type Server } from './restarted-server.js';

/**
 * The given or an embedded PostgreSQL, with the schema up to date: its URL, and that of the apps. The apps of a secure
 * stack connect to the embedded one by a client certificate and may not change the schema.
 */
export async function startDatabase(plan: Plan): Promise<{ url: string; appUrl: string }> {
  const security = plan.options.secure
    ? await postgresSecurity(await plan.folder('postgres-security'))
    : undefined;
  const given = plan.env.DATABASE_URL;
  const start = (place: Place) => startPostgres({ ...place, settings: { ...security?.settings } });
  const url = given ?? (await embedded(plan, 'PostgreSQL', 'postgres', start)).url;
  if (given !== undefined || security === undefined) {
    if (plan.options.migrate !== false) await migrate(plan, url);
    return { url, appUrl: url };
  }
  await createRoles(url);
  await migrate(plan, security.urlOf('wxa_owner', url));
  return { url, appUrl: security.urlOf('wxa_app', url) };
}

/** The addresses of the given or an embedded Kafka, separated by commas, and the security of the latter if it shall have one. */
export async function startBrokers(plan: Plan): Promise<{ brokers: string; security?: KafkaSecurity }> {
  const { env, options } = plan;
  if (env.KAFKA_BROKERS) return { brokers: env.KAFKA_BROKERS };
  const { brokers = 1 } = options;
  const secure = options.secure ? await secureOptions(plan) : undefined;
  const security = secure && { security: secure.security };
  if (brokers === 1) {
    const node = await embedded(plan, 'Kafka', 'kafka', (place) => startKafka({ ...place, secure }));
    return { brokers: node.brokers, ...security };
  }
  const ids = Array.from({ length: brokers }, (_, n) => n + 1);
  const ports = await Promise.all(ids.map(async (id) => [id, await freePort()] as const));
  const controllers = Object.fromEntries(ports);
  const start = (id: number) =>
    embedded(plan, `Kafka ${id}`, `kafka-${id}`, (place) =>
      startKafka({ ...place, secure, member: { id, controllers } }),
    );
  const nodes = await plan.parts.all(ids.map(start));
  return { brokers: nodes.map((node) => node.brokers).join(','), ...security };
}

async function secureOptions(plan: Plan) {
  const security = await kafkaSecurity(await plan.folder('kafka-security'));
  return { security, access: ACCESS, prefix: plan.env.KAFKA_TOPIC_PREFIX ?? '' };
}

interface Place {
  port: number | undefined;
  dataDir?: string | undefined;
  logFile: string;
  signal: AbortSignal;
}

/**
 * Starts an embedded server. If apps are restarted, so is the server; otherwise its exit ends the stack.
 * @param folder of its data, and the name of its log.
 */
async function embedded<S extends Server & { port: number }>(
  { options, logs, parts, servers }: Plan,
  name: string,
  folder: string,
  start: (place: Place) => Promise<S>,
): Promise<S> {
  const { restart, dataDir: parent } = options;
  const { signal } = parts;
  const own = parent && join(parent, folder);
  // A server without a folder of its own would lose its data when it is restarted.
  const data = restart ? await folderFor(folder, own) : { path: own, release: async () => undefined };
  parts.add({ name: folder, turn: 'last', stop: () => data.release() });
  const logFile = join(logs, `${folder}.log`);
  const at = (port?: number) => start({ port, dataDir: data.path, logFile, signal });
  const server = await at();
  const { exited, stop, process } = restart
    ? restartedServer(name, server, () => at(server.port), supervision(options, signal))
    : { ...server, process: { name, pid: server.pid, exited: server.exited } };
  servers.push(process);
  parts.add({ name, turn: 'server', exited, stop });
  return server;
}

async function migrate({ env, logs, parts }: Plan, url: string): Promise<void> {
  const child = await Child.start({
    name: 'migrate',
    command: process.execPath,
    args: [program('cli'), 'migrate'],
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
