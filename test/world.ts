import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ChannelCredentials, Client } from '@grpc/grpc-js';
import {
  AuthorizersClient,
  CallsClient,
  CodeManagementClient,
  FleetClient,
  METHODS,
  type Method,
  type MethodService,
  type Operation,
  OperationsClient,
  PlatformDomainsClient,
  type RequestOf,
  RolloutsClient,
  SetupClient,
  serviceOf,
  TemplatesClient,
  TOPICS,
  type TopicName,
} from '@wxa/contracts';
import {
  type App,
  adminConnection,
  createDatabase,
  dropDatabase,
  generatePlatform,
  type Stack,
  secretsIn,
  startStack,
} from '@wxa/stack';
import { SimControl } from '@wxa/wechat-sim';
import kafkajs, { type Consumer, type Kafka, type KafkaConfig, type KafkaMessage } from 'kafkajs';
import pg from 'pg';
import { ownEnds } from './app-log.js';
import { violationsOf } from './asyncapi/violations.js';
import { eventually } from './eventually.js';
import { wrongEnds } from './logs/ended-operations.js';
import { shownBy } from './shown.js';
import { unary } from './unary.js';

export { unary };

/** One message seen on a topic. */
export interface SeenMessage {
  topic: TopicName;
  key: string;
  type: string;
  id: string;
  headers: Record<string, string>;
  value: string;
  json: Record<string, unknown>;
}

/** Options of a world. */
export interface WorldOptions {
  workers?: number;
  gateways?: number;
  env?: Record<string, string>;
  /** Instead of the servers of the test run, for tests that stop them. */
  postgresUrl?: string;
  kafkaBrokers?: string;
  /** SQL that creates the database, instead of the schema of this version; it is migrated. */
  dump?: string;
  /** Starts the console too. */
  withConsole?: boolean;
  /** false: messages are not collected, because they would not fit the test's memory. */
  follow?: boolean;
  /** Apps that exit are started again at once, however often a test kills them. */
  restart?: boolean;
  /** With TLS, a policy and a Kafka of its own; by default in `npm run test:secure`. */
  secure?: boolean;
}

/** Whether SQL may end or remove operations, which then have no line in the logs. */
const CHANGES_ENDS =
  /\b(insert into|delete from|truncate)\s+operations\b|\bupdate\s+operations\b.*\b(state|ended_at)\b/is;
const CHANGED_LOG = ['LOG_LEVEL', 'LOG_OPERATIONS'];
const OWN_SERVERS = ['postgresUrl', 'kafkaBrokers', 'dump', 'restart'] as const;

/**
 * A whole deployment (gateway, workers and simulator as processes) for one spec file, on the PostgreSQL and Kafka of
 * the test run, with its own database and topic prefix.
 */
export class World {
  readonly code: CodeManagementClient;
  readonly templates: TemplatesClient;
  readonly authorizers: AuthorizersClient;
  readonly fleet: FleetClient;
  readonly operations: OperationsClient;
  readonly rollouts: RolloutsClient;
  readonly #clients: Record<MethodService, Client>;
  readonly sim: SimControl;
  /** Every message of every topic, in the order seen. */
  readonly seen: SeenMessage[] = [];
  readonly #consumer: Consumer;
  #areEndsLogged = true;
  /** Values that the test wrote itself, which need not be as the product's. */
  readonly #produced = new Set<string>();

  private constructor(
    readonly stack: Stack,
    readonly prefix: string,
    /** The settings of the apps. */
    readonly settings: Record<string, string>,
    private readonly database: { server: string; name: string; pool: pg.Pool },
    readonly kafka: Kafka,
    channel: ChannelCredentials,
  ) {
    this.#consumer = kafka.consumer({ groupId: `${prefix}test`, maxWaitTimeInMs: 1_000 });
    database.pool.on('error', () => undefined);
    const { grpc, wechat } = stack.addresses;
    this.code = new CodeManagementClient(grpc, channel);
    this.templates = new TemplatesClient(grpc, channel);
    this.authorizers = new AuthorizersClient(grpc, channel);
    this.fleet = new FleetClient(grpc, channel);
    this.operations = new OperationsClient(grpc, channel);
    this.rollouts = new RolloutsClient(grpc, channel);
    this.#clients = {
      ...{ CodeManagement: this.code, Templates: this.templates, Authorizers: this.authorizers },
      ...{ Setup: new SetupClient(grpc, channel), Fleet: this.fleet },
      ...{ PlatformDomains: new PlatformDomainsClient(grpc, channel), Calls: new CallsClient(grpc, channel) },
    };
    this.sim = new SimControl(wechat);
  }

  static async start({ workers = 1, gateways = 1, env = {}, ...given }: WorldOptions = {}): Promise<World> {
    const server = given.postgresUrl ?? process.env.TEST_POSTGRES_URL ?? '';
    const brokers = given.kafkaBrokers ?? process.env.TEST_KAFKA_BROKERS ?? '';
    const prefix = `t${randomUUID().slice(0, 8)}.`;
    const name = `world_${prefix.slice(1, -1)}`;
    const template = (given.postgresUrl ?? given.dump) === undefined ? 'wxa_template' : undefined;
    const url = await createDatabase(server, name, template);
    if (given.dump !== undefined) await restore(url, given.dump);
    const settings = {
      ...generatePlatform(),
      KAFKA_TOPIC_PREFIX: prefix,
      KAFKA_TOPIC_PARTITIONS: '4',
      ...env,
    };
    const stack = await startStack({
      workers,
      gateways,
      postgresUrl: url,
      env: settings,
      restart: given.restart === true && (() => 0),
      withConsole: given.withConsole ?? false,
      migrate: template === undefined,
      ...((given.secure ?? process.env.WORLD === 'secure') ? { secure: true } : { kafkaBrokers: brokers }),
    });
    const { channel, kafka: user } = await adminConnection(stack);
    const kafka = quietKafka(stack.addresses.kafka, user);
    const database = { server, name, pool: new pg.Pool({ connectionString: url, max: 2 }) };
    const world = new World(stack, prefix, settings, database, kafka, channel);
    world.#areEndsLogged =
      CHANGED_LOG.every((name) => env[name] === undefined) &&
      OWN_SERVERS.every((name) => given[name] === undefined);
    if (given.follow !== false) await world.#follow();
    return world;
  }

  /** Throws if an app ended by itself, wrote a secret or a message that docs/asyncapi.yaml does not describe, or not one line for an ended operation. */
  async stop(): Promise<void> {
    for (const client of [...Object.values(this.#clients), this.operations, this.rollouts]) client.close();
    const shown = await shownBy(this);
    await Promise.all([this.#consumer.disconnect(), ...this.apps.map((app) => app.stop())]);
    const secrets = { ...this.settings, ...this.stack.kafkaSecurity?.passwords };
    const faults = {
      'apps ended by themselves': await ownEnds(this.apps),
      'docs/asyncapi.yaml rejects messages': this.#undescribed(),
      'secrets were written': secretsIn(`${await this.written()}\n${shown}`, secrets),
      "lines 'operation ended' are missing or repeated": this.#areEndsLogged
        ? await wrongEnds(this.apps, (text) => this.sql(text))
        : [],
    };
    await this.stack.stop();
    await this.database.pool.end();
    await dropDatabase(this.database.server, this.database.name);
    const found = Object.entries(faults).filter(([, of]) => of.length > 0);
    if (found.length > 0) throw new Error(found.map(([what, of]) => `${what}:\n${of.join('\n')}`).join('\n'));
  }

  get apps(): App[] {
    return [...this.stack.gateways, ...this.stack.workers];
  }

  /** The logs of the apps and the messages seen on Kafka. */
  async written(): Promise<string> {
    const logs = await Promise.all(this.apps.map(({ logFile }) => readFile(logFile, 'utf8')));
    const messages = this.seen.map(({ key, headers, value }) => `${key} ${JSON.stringify(headers)} ${value}`);
    return [...logs, ...messages].join('\n');
  }

  /** Calls an RPC of a method; unset request fields have their proto default. */
  call<M extends Method>(method: M, request: Partial<RequestOf<M>>, deadlineMs?: number): Promise<unknown> {
    const full = { ...METHODS[method].request.fromJSON({}), ...request };
    return unary(this.#clients[serviceOf(method)], METHODS[method].field, full, deadlineMs);
  }

  /** Calls a change and returns the accepted operation. */
  change<M extends Method>(method: M, request: Partial<RequestOf<M>>): Promise<Operation> {
    return this.call(method, request) as Promise<Operation>;
  }

  /** Waits until an operation is final or in doubt. */
  wait(id: string): Promise<Operation> {
    return unary<Operation>(this.operations, 'waitOperation', { id }, 60_000);
  }

  /** Calls a change and waits until it is final or in doubt. */
  async run<M extends Method>(method: M, request: Partial<RequestOf<M>>): Promise<Operation> {
    return this.wait((await this.change(method, request)).id);
  }

  get(id: string): Promise<Operation> {
    return unary<Operation>(this.operations, 'getOperation', { id });
  }

  async sql<T extends object>(text: string, values: unknown[] = []): Promise<T[]> {
    if (CHANGES_ENDS.test(text)) this.#areEndsLogged = false;
    return (await this.database.pool.query<T>(text, values)).rows;
  }

  /** The messages of one type, as in `CodeCommand`; by default of every mini-program. */
  messages(name: string, appid?: string): SeenMessage[] {
    const type = `wxa.code.v1.${name}`;
    return this.seen.filter((m) => m.type === type && (appid === undefined || m.key === appid));
  }

  /** Writes messages to a topic. */
  async produce(
    topic: TopicName,
    messages: { key: string | null; value: string | Buffer | null; headers?: Record<string, string> }[],
  ): Promise<void> {
    for (const { value } of messages) this.#produced.add(String(value ?? ''));
    const producer = this.kafka.producer();
    await producer.connect();
    await producer.send({ topic: this.prefix + topic, messages });
    await producer.disconnect();
  }

  /** The first of the apps' messages that docs/asyncapi.yaml rejects. Tests write messages too, with other sources. */
  #undescribed(): string[] {
    const isOurs = ({ headers, value }: SeenMessage) =>
      (/\/(gateway|release-worker)$/.test(headers.ce_source ?? '') || 'dlq.reason' in headers) &&
      !this.#produced.has(value);
    return this.seen.filter(isOurs).flatMap(violationsOf).slice(0, 5);
  }

  async #follow(): Promise<void> {
    const topics = Object.values(TOPICS);
    await this.#consumer.connect();
    // A gateway is ready before it has created the topic of platform events.
    await eventually(() =>
      this.#consumer.subscribe({ topics: topics.map((topic) => this.prefix + topic), fromBeginning: true }),
    );
    await this.#consumer.run({
      eachMessage: async ({ topic, message }) => {
        this.seen.push(seen(topic.slice(this.prefix.length) as TopicName, message));
      },
    });
  }
}

async function restore(url: string, dump: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(dump).finally(() => client.end());
}

function quietKafka(brokers: string, user?: Pick<KafkaConfig, 'ssl' | 'sasl'>): Kafka {
  return new kafkajs.Kafka({ brokers: brokers.split(','), ...user, logLevel: kafkajs.logLevel.NOTHING });
}

function seen(topic: TopicName, message: KafkaMessage): SeenMessage {
  const headers = Object.fromEntries(Object.entries(message.headers ?? {}).map(([k, v]) => [k, String(v)]));
  const value = message.value?.toString() ?? '';
  return {
    topic,
    key: message.key?.toString() ?? '',
    type: headers.ce_type ?? '',
    id: headers.ce_id ?? '',
    headers,
    value,
    json: parse(value),
  };
}

function parse(value: string): Record<string, unknown> {
  try {
    return JSON.parse(value) as Record<string, unknown>;
  } catch {
    return {};
  }
}
