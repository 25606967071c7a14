import { type ChannelCredentials, credentials } from '@grpc/grpc-js';
import type { KafkaConfig } from 'kafkajs';
import type { App } from './apps/app.js';
import { startApps, startSim, supervise } from './apps/apps.js';
import { type CallerFiles, createAccess, operatorCredentials } from './apps/callers.js';
import { type Console, startConsole } from './apps/console.js';
import { httpOrigin, reachable } from './plan/addresses.js';
import type { StackOptions } from './plan/options.js';
import { Parts, type ServerProcess } from './plan/parts.js';
import { makePlan, type Plan } from './plan/plan.js';
import { secretsAsFiles } from './plan/secrets.js';
import { simulatedWechat, withPlatform } from './plan/stack-env.js';
import { storedPlatform } from './plan/stored-platform.js';
import { StackError } from './processes/stack-error.js';
import { type KafkaSecurity, secureClient } from './servers/kafka-security.js';
import { startBrokers, startDatabase } from './servers/servers.js';

export type Addresses = {
  /** host:port of the first gateway, whose HTTP address is `http`. */
  grpc: string;
  http: string;
  gateways: { grpc: string; http: string }[];
  workers: string[];
  postgres: string;
  kafka: string;
  wechat: string;
};

export type Stack = {
  addresses: Addresses;
  /** The first of `gateways`. */
  gateway: App;
  gateways: App[];
  workers: App[];
  /** Set if the stack is secure. */
  access: CallerFiles | undefined;
  /** Set if its Kafka is secure. */
  kafkaSecurity: KafkaSecurity | undefined;
  /** Undefined without `withConsole`. */
  console: Console | undefined;
  /** Undefined if WeChat's address is given. */
  sim: App | undefined;
  /** The embedded servers: PostgreSQL, and one or three nodes of Kafka. */
  servers: readonly ServerProcess[];
  /** Resolves with a sentence when the embedded PostgreSQL or Kafka has exited unexpectedly and is not restarted. */
  broken: Promise<string>;
  /** Stops the apps first, then the simulator, then Kafka and PostgreSQL. */
  stop(): Promise<void>;
};

/**
 * Starts PostgreSQL, Kafka and the simulator (each unless given), migrates the schema and starts gateway and worker processes.
 * Resolves when all are ready. If it rejects (or `signal` is aborted), nothing is left behind. Throws StackError.
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const parts = new Parts(options.signal);
  try {
    return await start(await makePlan(options, parts));
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

async function start(plan: Plan): Promise<Stack> {
  const { parts, options } = plan;
  const simulated = options.withSim !== false && !plan.env.WECHAT_API_URL;
  const given = simulated ? withPlatform(await storedPlatform(options.dataDir), plan.env) : plan.env;
  const env = options.secure ? await secretsAsFiles(await plan.folder('secrets'), given) : given;
  const [postgres, kafka, made, sim] = await parts.all([
    startDatabase(plan),
    startBrokers(plan),
    options.secure ? plan.folder('callers').then(createAccess) : undefined,
    simulated ? startSim(plan, env) : undefined,
  ]);
  const wechat = simulated ? httpOrigin(plan.listening.sim) : (env.WECHAT_API_URL ?? '');
  const settings = {
    ...(simulated ? simulatedWechat(env, wechat) : env),
    ...made?.env,
    DATABASE_URL: postgres.appUrl,
    KAFKA_BROKERS: kafka.brokers,
  };
  const { gateways, workers } = await startApps(plan, settings, kafka.security);
  const [gateway] = gateways;
  if (gateway === undefined) throw new StackError('The stack needs at least one gateway.');
  const consoleApp = options.withConsole ? await startConsole(plan, made?.access) : undefined;
  const others = [sim, consoleApp?.app].filter((app) => app !== undefined);
  if (options.restart) supervise([...gateways, ...workers, ...others], plan);
  return {
    addresses: { ...appAddresses(plan), postgres: postgres.url, kafka: kafka.brokers, wechat },
    ...{ gateway, gateways, workers, console: consoleApp, sim, servers: plan.servers },
    ...{ access: made?.access, kafkaSecurity: kafka.security, broken: parts.broken },
    stop: () => parts.stop(),
  };
}

function appAddresses({ listening }: Plan): Pick<Addresses, 'grpc' | 'http' | 'gateways' | 'workers'> {
  const gateways = listening.gateways.map(({ grpc, http }) => ({
    grpc: reachable(grpc),
    http: httpOrigin(http),
  }));
  return {
    grpc: gateways[0]?.grpc ?? '',
    http: gateways[0]?.http ?? '',
    gateways,
    workers: listening.workers.map(httpOrigin),
  };
}

/** How a client with all rights connects to the gateway and to Kafka of a stack, secure or not. */
export async function adminConnection({
  access,
  kafkaSecurity,
}: Pick<Stack, 'access' | 'kafkaSecurity'>): Promise<{
  channel: ChannelCredentials;
  kafka: Pick<KafkaConfig, 'ssl' | 'sasl'>;
}> {
  return {
    channel: access ? await operatorCredentials(access) : credentials.createInsecure(),
    kafka: kafkaSecurity ? await secureClient(kafkaSecurity, 'admin') : {},
  };
}
