import {
  type ChannelCredentials,
  type Client,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import {
  AuditsClient,
  AuthorizersClient,
  CodeManagementClient,
  OperationsClient,
  PlatformClient,
  RolloutsClient,
  TemplatesClient,
} from '@wxa/contracts';
import {
  type Address,
  exportExpiry,
  type Logger,
  logTlsError,
  type TlsContents,
  type TlsFiles,
  WatchedFiles,
  watchTlsFiles,
} from '@wxa/service';
import { type ConsoleSettings, isGatewayTls } from '../config.js';

const DEADLINE_MS = 5_000;
/** Detects a lost connection although nothing is sent, as on an idle stream. */
const CHANNEL = { 'grpc.keepalive_time_ms': 15_000, 'grpc.keepalive_timeout_ms': 5_000 };
/** For what WeChat answers. */
const QUERY_DEADLINE_MS = 30_000;
const API_KEY_INTERVAL_MS = 1_000;
/** LiftApiStop is a transaction of up to 30 s. */
const LONG_DEADLINE_MS = 30_000;
const IS_QUERY = /^(get|list)/;
/** For what reads or writes up to 100,000 targets. */
const OF_ALL_TARGETS_DEADLINE_MS = 30_000;
const IS_OF_ALL_TARGETS = /^(createRollout|updateRollout|addRolloutTargets|getRolloutPlan|startRollout)$/;

// biome-ignore lint/suspicious/noExplicitAny: any function
type Any = any;
/** The unary methods of a client, each with a promise instead of a callback. */
export type Calls<C> = {
  [M in keyof C as C[M] extends (
    request: Any,
    metadata: Metadata,
    options: Any,
    callback: (error: ServiceError | null, response: Any) => void,
  ) => unknown
    ? M
    : never]: C[M] extends (
    request: infer Request,
    metadata: Metadata,
    options: Any,
    callback: (error: ServiceError | null, response: infer Response) => void,
  ) => unknown
    ? (request: Request) => Promise<Response>
    : never;
};

/** The services of the gateway, called for one user. Every call rejects with a ServiceError. */
export interface GatewayCalls {
  audits: Calls<AuditsClient>;
  authorizers: Calls<AuthorizersClient>;
  codeManagement: Calls<CodeManagementClient>;
  operations: Calls<OperationsClient>;
  platform: Calls<PlatformClient>;
  rollouts: Calls<RolloutsClient>;
  templates: Calls<TemplatesClient>;
}

/** The call options of a short call. */
export function withDeadline(): { deadline: number } {
  return { deadline: Date.now() + DEADLINE_MS };
}

interface Clients {
  audits: AuditsClient;
  authorizers: AuthorizersClient;
  codeManagement: CodeManagementClient;
  operations: OperationsClient;
  platform: PlatformClient;
  rollouts: RolloutsClient;
  templates: TemplatesClient;
}

/** Connections to the gateway with the console's own credential, whose files are watched. */
export class Gateway {
  #clients: Clients;
  readonly #tls: TlsFiles | undefined;
  readonly #apiKey: WatchedFiles<string> | undefined;

  /** @param tlsIntervalMs how often the PEM files are read. */
  constructor(settings: ConsoleSettings, logger: Logger, tlsIntervalMs?: number) {
    const { GATEWAY_ADDR: address, GATEWAY_API_KEY_FILE: key } = settings;
    this.#tls = isGatewayTls(settings) ? watchTls(settings, logger, tlsIntervalMs) : undefined;
    this.#clients = clientsOf(address, this.#tls?.current);
    this.#tls?.onChange((contents) => {
      const before = this.#clients;
      this.#clients = clientsOf(address, contents);
      // Calls in progress end as they would have.
      close(before);
    });
    this.#apiKey = key === undefined ? undefined : watchApiKey(key, logger);
  }

  /** New ones after a change of the certificate. */
  get clients(): Readonly<Clients> {
    return this.#clients;
  }

  /** The services, called on behalf of a user; undefined: of the console itself. */
  as(user: string | undefined): GatewayCalls {
    const metadata = this.metadata(user);
    const { codeManagement, templates, rollouts, ...others } = this.clients;
    const entries = Object.entries(others).map(([name, client]) => [
      name,
      promised(client, metadata, (method) => (method === 'liftApiStop' ? LONG_DEADLINE_MS : DEADLINE_MS)),
    ]);
    const ofWechat = (method: string) => (IS_QUERY.test(method) ? QUERY_DEADLINE_MS : DEADLINE_MS);
    const ofRollouts = (method: string) =>
      IS_OF_ALL_TARGETS.test(method) ? OF_ALL_TARGETS_DEADLINE_MS : DEADLINE_MS;
    return {
      ...Object.fromEntries(entries),
      rollouts: promised(rollouts, metadata, ofRollouts),
      codeManagement: promised(codeManagement, metadata, ofWechat),
      templates: promised(templates, metadata, ofWechat),
    } as GatewayCalls;
  }

  /** The metadata of a call: the console's API key, if it has one, and the user. */
  metadata(user: string | undefined): Metadata {
    const metadata = new Metadata();
    if (this.#apiKey !== undefined) metadata.set('authorization', `Bearer ${this.#apiKey.value}`);
    if (user !== undefined) metadata.set('wxa-on-behalf-of', encodeURIComponent(user));
    return metadata;
  }

  close(): void {
    this.#tls?.stop();
    this.#apiKey?.stop();
    close(this.#clients);
  }
}

function clientsOf({ host, port }: Address, tls: TlsContents | undefined): Clients {
  const address = `${host}:${port}`;
  const channel = channelCredentials(tls);
  return {
    audits: new AuditsClient(address, channel, CHANNEL),
    authorizers: new AuthorizersClient(address, channel, CHANNEL),
    codeManagement: new CodeManagementClient(address, channel, CHANNEL),
    operations: new OperationsClient(address, channel, CHANNEL),
    platform: new PlatformClient(address, channel, CHANNEL),
    rollouts: new RolloutsClient(address, channel, CHANNEL),
    templates: new TemplatesClient(address, channel, CHANNEL),
  };
}

function close(clients: Clients): void {
  for (const client of Object.values(clients) as Client[]) client.close();
}

type Unary = (
  request: unknown,
  metadata: Metadata,
  options: { deadline: number },
  callback: (error: ServiceError | null, response: unknown) => void,
) => unknown;

function promised<C extends Client>(
  client: C,
  metadata: Metadata,
  deadlineOf: (method: string) => number,
): Calls<C> {
  return new Proxy({} as Calls<C>, {
    get: (_, method: string) => (request: unknown) =>
      new Promise((resolve, reject) => {
        const deadline = Date.now() + deadlineOf(method);
        const unary = client[method as keyof C] as Unary;
        unary.call(client, request, metadata, { deadline }, (error, response) =>
          error ? reject(error) : resolve(response),
        );
      }),
  });
}

function channelCredentials(tls: TlsContents | undefined): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  const bytes = (text: string | undefined) => (text === undefined ? null : Buffer.from(text));
  return credentials.createSsl(bytes(tls.ca), bytes(tls.key), bytes(tls.cert));
}

function watchTls(settings: ConsoleSettings, logger: Logger, intervalMs?: number): TlsFiles {
  const { GATEWAY_TLS_CA_FILE: ca, GATEWAY_TLS_CERT_FILE: cert, GATEWAY_TLS_KEY_FILE: key } = settings;
  const files = watchTlsFiles({ ca, cert, key }, logTlsError(logger, 'GATEWAY_TLS_CERT_FILE'), intervalMs);
  return exportExpiry(files, { ca: 'GATEWAY_TLS_CA_FILE', cert: 'GATEWAY_TLS_CERT_FILE' });
}

function watchApiKey(path: string, logger: Logger): WatchedFiles<string> {
  return new WatchedFiles({
    paths: { key: path },
    intervalMs: API_KEY_INTERVAL_MS,
    parse: ({ key }) => {
      if (key.trim() === '') throw new Error('the file is empty');
      return key.trim();
    },
    onError: ({ message }) =>
      logger.error({ setting: 'GATEWAY_API_KEY_FILE', error: message }, 'api key invalid'),
  });
}
