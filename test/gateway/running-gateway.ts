import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import {
  AuthorizersClient,
  CodeManagementClient,
  OperationsClient,
  PlatformClient,
  RolloutsClient,
} from '@wxa/contracts';
import { App, createDatabase, freePort } from '@wxa/stack';
import { ownEnds } from '../app-log.js';
import { mainOf } from '../programs.js';
import { callRpc, type Rpc } from './calls.js';

/** The backing services of a gateway under test. */
export interface Backends {
  databaseUrl: string;
  brokers: string;
  topicPrefix: string;
}

/** The built gateway as a process, with clients. */
export interface RunningGateway {
  code: CodeManagementClient;
  operations: OperationsClient;
  authorizers: AuthorizersClient;
  platform: PlatformClient;
  rollouts: RolloutsClient;
  rpc: Rpc;
  grpc: string;
  http: string;
  /** Where the probes are. */
  admin: string;
  app: App;
  stop(): Promise<void>;
}

/** A migrated database and a topic prefix for one gateway, on the servers of the test run. */
export async function newBackends(): Promise<Backends> {
  const name = `gateway_${randomBytes(6).toString('hex')}`;
  const databaseUrl = await createDatabase(setting('TEST_POSTGRES_URL'), name, 'wxa_template');
  return { databaseUrl, brokers: setting('TEST_KAFKA_BROKERS'), topicPrefix: `${name}.` };
}

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

/** Starts a gateway on free ports and waits until it is ready, by default. */
export async function startGateway(
  backends: Backends,
  env: Record<string, string> = {},
  { waitReady = true } = {},
): Promise<RunningGateway> {
  const grpc = `127.0.0.1:${await freePort()}`;
  const httpAddress = env.HTTP_ADDR ?? `127.0.0.1:${await freePort()}`;
  const http = `http://${httpAddress}`;
  const admin = `http://${env.ADMIN_ADDR ?? httpAddress}`;
  const app = new App({
    name: 'gateway',
    script: mainOf('gateway'),
    env: { ...gatewayEnv(backends), GRPC_ADDR: grpc, HTTP_ADDR: httpAddress, ...env },
    logFile: join(tmpdir(), `gateway-${process.pid}-${grpc.split(':')[1]}.log`),
    readyUrl: `${admin}/readyz`,
  });
  await app.start();
  if (waitReady) await app.waitReady();
  const insecure = credentials.createInsecure();
  const clients = {
    code: new CodeManagementClient(grpc, insecure),
    operations: new OperationsClient(grpc, insecure),
    authorizers: new AuthorizersClient(grpc, insecure),
    platform: new PlatformClient(grpc, insecure),
    rollouts: new RolloutsClient(grpc, insecure),
  };
  const stop = async () => {
    for (const client of Object.values(clients)) client.close();
    await app.stop();
    const ended = await ownEnds([app]);
    await rm(app.logFile, { force: true });
    if (ended.length > 0) throw new Error(`an app ended by itself: ${ended}`);
  };
  const running: RunningGateway = {
    ...{ ...clients, grpc, http, admin, app, stop },
    rpc(name, fields, settings) {
      return callRpc(this.code, name, fields, settings);
    },
  };
  return running;
}

/** The settings of every gateway under test. */
export function gatewayEnv({ databaseUrl, brokers, topicPrefix }: Backends): Record<string, string> {
  return {
    DATABASE_URL: databaseUrl,
    KAFKA_BROKERS: brokers,
    KAFKA_TOPIC_PREFIX: topicPrefix,
    KAFKA_TOPIC_PARTITIONS: '4',
    WECHAT_CALLBACK_MODE: 'plain',
    WECHAT_TOKEN_SOURCE: 'endpoint',
  };
}
