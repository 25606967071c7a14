import {
  type ChannelCredentials,
  type Client,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import * as contracts from '@wxa/contracts';
import {
  AuditsClient,
  AuthorizersClient,
  CodeManagementClient,
  type DeepPartial,
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
const LONG_DEADLINE_MS = 30_000;
/** The calls with the long deadline: what WeChat answers, what concerns up to 100,000 targets, and a long transaction. */
const LONG: Readonly<Partial<Record<string, RegExp>>> = {
  codeManagement: /^(get|list)/,
  templates: /^(get|list)/,
  rollouts: /^(createRollout|updateRollout|addRolloutTargets|getRolloutPlan|startRollout|rollbackRollout)$/,
  platform: /^liftApiStop$/,
};
/** Detects a lost connection although nothing is sent, as on an idle stream. */
const CHANNEL = { 'grpc.keepalive_time_ms': 15_000, 'grpc.keepalive_timeout_ms': 5_000 };
const API_KEY_INTERVAL_MS = 1_000;

const CLIENTS = {
  audits: AuditsClient,
  authorizers: AuthorizersClient,
  codeManagement: CodeManagementClient,
  operations: OperationsClient,
  platform: PlatformClient,
  rollouts: RolloutsClient,
  templates: TemplatesClient,
};
type Clients = { readonly [S in keyof typeof CLIENTS]: InstanceType<(typeof CLIENTS)[S]> };

type Unary<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: { deadline: number },
  callback: (error: ServiceError | null, response: Response) => void,
) => unknown;

// biome-ignore lint/suspicious/noExplicitAny: any message
type Any = any;
/**
 * The unary methods of a client, each with a promise instead of a callback; fields that a request lacks have their defaults, and a
 * call without a deadline has that of its method.
 */
export type Calls<C> = {
  [M in keyof C as C[M] extends Unary<Any, Any> ? M : never]: C[M] extends Unary<
    infer Request,
    infer Response
  >
    ? (request: DeepPartial<Request>, deadlineMs?: number) => Promise<Response>
    : never;
};

/** The services of the gateway, called for one user. Every call rejects with a ServiceError. */
export type GatewayCalls = { readonly [S in keyof Clients]: Calls<Clients[S]> };

/** The call options of a short call. */
export function withDeadline(): { deadline: number } {
  return { deadline: Date.now() + DEADLINE_MS };
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
  get clients(): Clients {
    return this.#clients;
  }

  /** The services, called on behalf of a user; undefined: of the console itself. */
  as(user: string | undefined): GatewayCalls {
    const metadata = this.metadata(user);
    const services = Object.entries(this.#clients).map(([name, client]) => [
      name,
      promised(client, metadata, LONG[name]),
    ]);
    return Object.fromEntries(services);
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
  const channel = channelCredentials(tls);
  const clients = Object.entries(CLIENTS).map(([name, Client]) => [
    name,
    new Client(`${host}:${port}`, channel, CHANNEL),
  ]);
  return Object.fromEntries(clients);
}

function close(clients: Clients): void {
  for (const client of Object.values(clients)) client.close();
}

function promised(client: Client, metadata: Metadata, long: RegExp | undefined): unknown {
  return new Proxy(client, {
    get: (_, method: string) => (given: object, deadlineMs?: number) =>
      new Promise((resolve, reject) => {
        const request = requestType(method).fromPartial(given);
        const usualMs = long?.test(method) ? LONG_DEADLINE_MS : DEADLINE_MS;
        const deadline = Date.now() + (deadlineMs ?? usualMs);
        const unary = client[method as keyof Client] as Unary<object, object>;
        unary.call(client, request, metadata, { deadline }, (error, response) =>
          error ? reject(error) : resolve(response),
        );
      }),
  });
}

/** The message that a method takes is named after it. */
function requestType(method: string): { fromPartial(given: object): object } {
  // biome-ignore lint/performance/noDynamicNamespaceImportAccess: the code of a server
  return contracts[`${method.charAt(0).toUpperCase()}${method.slice(1)}Request` as 'ListLanesRequest'];
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
