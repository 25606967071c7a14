import '@wxa/kafka/kafkajs-patches';
import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Kafka as KafkaClient, logLevel } from 'kafkajs';
import type { KafkaUser } from '../plan/secrets.js';
import { Child, type Exit } from '../processes/child.js';
import { exists, folderFor, temporaryFolder } from '../processes/folders.js';
import { assertFree, freePort } from '../processes/ports.js';
import { orAborted, untilReady } from '../processes/wait.js';
import { findJava } from './java.js';
import { kafkaJars, sharedClasses } from './kafka-jars.js';
import { type FurtherListeners, type Membership, serverProperties } from './kafka-properties.js';
import {
  type AccessRow,
  aclsOf,
  type KafkaSecurity,
  scramArguments,
  scramLogin,
  secureClient,
} from './kafka-security.js';

const HOST = '127.0.0.1';
const CLUSTER_ID = 'd3hhLWNvZGUtc3RhY2stMQ';
const JVM = '-Xms128m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.awt.headless=true'.split(' ');

export type KafkaOptions = {
  /** Kept at stop. Without it the data is in a temporary folder that is deleted at stop. */
  dataDir?: string | undefined;
  /** 0 or undefined: a free port. */
  port?: number | undefined;
  logFile?: string | undefined;
  /** Set for a member of a cluster whose other nodes are started at the same time. */
  member?: Membership | undefined;
  /** How long the first rebalance of a group waits for further members, in milliseconds. Default 0. */
  firstJoinDelayMs?: number | undefined;
  /** Clients connect by SASL_SSL and may do what `access` says; by default anybody on this machine may do everything. */
  secure?: { security: KafkaSecurity; access: readonly AccessRow[]; prefix: string } | undefined;
  further?: FurtherListeners | undefined;
  signal?: AbortSignal | undefined;
};

export type Kafka = {
  brokers: string;
  port: number;
  pid: number;
  /** The folder of its logs, with one folder for each partition. */
  data: string;
  exited: Promise<Exit>;
  stop(): Promise<void>;
};

type Program = { java: string; jars: string; jvm: readonly string[] };
type Place = Program & { folder: string; data: string; properties: string };

/**
 * Starts Apache Kafka 4 on 127.0.0.1, as a KRaft cluster of one node or as one node of a cluster. Resolves when consumer groups
 * can join. If it rejects (or `signal` is aborted), no process and no temporary folder is left. Throws StackError.
 */
export async function startKafka(options: KafkaOptions = {}): Promise<Kafka> {
  const java = await findJava();
  const port = options.port || (await freePort());
  await assertFree(HOST, port, 'Kafka');
  const jars = await kafkaJars(options.signal);
  const program = { java: java.command, jars, jvm: JVM };
  const shared = await sharedClasses(jars, java, (flag) => runOnce(program, flag, options.signal));
  options.signal?.throwIfAborted();
  return start({ ...program, jvm: [...JVM, ...shared] }, { ...options, port });
}

/** Runs a Kafka with a further flag of the JVM until it is ready. */
async function runOnce(program: Program, flag: string, signal: AbortSignal | undefined): Promise<void> {
  const kafka = await start(program, { port: await freePort(), signal }, [flag]);
  try {
    process.kill(kafka.pid, 'SIGTERM');
    await orAborted(kafka.exited, signal);
  } finally {
    await kafka.stop();
  }
}

async function start(
  program: Program,
  options: KafkaOptions & { port: number },
  flags: readonly string[] = [],
): Promise<Kafka> {
  const { port } = options;
  const folder = await folderFor('kafka', options.dataDir);
  let server: Child | undefined;
  const stop = async () => {
    // Data that is deleted needs no controlled shutdown; in a cluster it would need the other nodes, which stop too.
    const isControlled = options.dataDir !== undefined && !options.member;
    await server?.stop(isControlled ? 'SIGTERM' : 'SIGKILL', 15_000);
    await folder.release();
  };
  try {
    const place = await prepare({ ...program, folder: folder.path }, port, options);
    await format(place, options);
    server = await run(
      { ...place, jvm: [...place.jvm, ...flags] },
      'kafka.Kafka',
      [place.properties],
      options.logFile ?? join(folder.path, 'kafka.log'),
    );
    await untilReady(server, () => askBroker(`${HOST}:${port}`, options.secure), options.signal);
    const { pid, exited } = server;
    return { brokers: `${HOST}:${port}`, port, pid, data: place.data, exited, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function prepare(
  place: Omit<Place, 'data' | 'properties'>,
  port: number,
  { member, firstJoinDelayMs, secure, further }: KafkaOptions,
): Promise<Place> {
  const data = join(place.folder, 'data');
  const properties = join(place.folder, 'server.properties');
  await mkdir(data, { recursive: true });
  const controllerPort = member?.controllers[member.id] ?? (await freePort());
  await writeFile(
    properties,
    serverProperties(
      { host: HOST, port, controllerPort, data, firstJoinDelayMs, security: secure?.security, further },
      member,
    ),
    { mode: 0o600 },
  );
  return { ...place, data, properties };
}

/** Formats new data. Partly formatted data has no `meta.properties` and is formatted again. */
async function format(place: Place, { member, secure, signal }: KafkaOptions): Promise<void> {
  if (await exists(join(place.data, 'meta.properties'))) return;
  await rm(place.data, { recursive: true, force: true });
  await mkdir(place.data);
  const alone = member ? [] : ['--standalone'];
  const users = secure ? scramArguments(secure.security) : [];
  const args = ['format', ...alone, '-t', CLUSTER_ID, '-c', place.properties, ...users];
  const tool = await run(place, 'kafka.tools.StorageTool', args, join(place.folder, 'format.log'));
  try {
    const { code } = await orAborted(tool.exited, signal);
    if (code !== 0) await tool.failure();
  } finally {
    await tool.stop('SIGKILL', 0);
  }
}

function run(place: Place, main: string, args: readonly string[], logFile: string): Promise<Child> {
  return Child.start({
    name: 'Kafka',
    command: place.java,
    args: [...place.jvm, '-cp', join(place.jars, '*'), main, ...args],
    cwd: place.folder,
    logFile,
  });
}

/** Resolves when the broker serves groups; a secure one then has its ACLs. */
async function askBroker(brokers: string, secure: KafkaOptions['secure']): Promise<void> {
  const client = new KafkaClient({
    brokers: [brokers],
    ...(secure && (await secureClient(secure.security, 'admin'))),
    clientId: 'wxa-code-stack',
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1000,
    requestTimeout: 2000,
    retry: { retries: 0 },
  });
  const admin = client.admin();
  try {
    await admin.connect();
    const { brokers: nodes } = await admin.describeCluster();
    if (nodes.length === 0) throw new Error('no broker registered yet');
    // Makes the broker create its offsets topic: until then no consumer can join, and kafkajs gives up early.
    await admin.describeGroups(['wxa-code-stack']);
    if (secure) await admin.createAcls({ acl: aclsOf(secure.access, secure.prefix) });
  } finally {
    await admin.disconnect();
  }
}

/** Gives a user of a secure broker a new password, by Kafka's own tool. Open connections stay. */
export async function changeKafkaPassword(
  brokers: string,
  security: KafkaSecurity,
  user: KafkaUser,
  password: string,
): Promise<void> {
  const [java, jars, folder] = await Promise.all([
    findJava(),
    kafkaJars(),
    temporaryFolder('kafka-password'),
  ]);
  try {
    const login = join(folder.path, 'admin.properties');
    await writeFile(login, adminProperties(security), { mode: 0o600 });
    const tool = [...JVM, '-cp', join(jars, '*'), 'kafka.admin.ConfigCommand', '--bootstrap-server', brokers];
    const change = ['--alter', '--add-config', `SCRAM-SHA-512=[password=${password}]`];
    const of = ['--command-config', login, '--entity-type', 'users', '--entity-name', user];
    await promisify(execFile)(java.command, [...tool, ...of, ...change]);
  } finally {
    await folder.release();
  }
}

function adminProperties({ caFile, passwords }: KafkaSecurity): string {
  return [
    'security.protocol=SASL_SSL',
    'ssl.truststore.type=PEM',
    `ssl.truststore.location=${caFile}`,
    'sasl.mechanism=SCRAM-SHA-512',
    `sasl.jaas.config=${scramLogin('admin', passwords.admin)}`,
  ].join('\n');
}
