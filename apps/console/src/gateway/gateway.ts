import {
  type ChannelOptions,
  Client,
  type ClientReadableStream,
  connectivityState,
  type Metadata,
} from '@grpc/grpc-js';
import { channelOf, metadataOf, type RpcMethod, streamed, unary } from '@wxa/client';
import { METHODS } from '@wxa/contracts';
import {
  type Address,
  exportExpiry,
  type Logger,
  logTlsError,
  type TlsContents,
  type TlsFiles,
  tokenIn,
  WatchedFiles,
  watchTlsFiles,
} from '@wxa/service';
import { type ConsoleSettings, isGatewayTls } from '../config.js';
import type { Scopes } from '../session/scopes.js';

const DEADLINE_MS = 5_000;
const LONG_DEADLINE_MS = 30_000;
/** They concern up to 100,000 targets, are a long transaction, or wait for 20 s. Others with the long deadline are what WeChat answers. */
const LONG: ReadonlySet<string> = new Set([
  'AddRolloutTargets',
  'CreateRollout',
  'GetRolloutPlan',
  'LiftApiStop',
  'LiftApiStops',
  'RollbackRollout',
  'StartRollout',
  'StopApis',
  'UpdateRollout',
  'WaitOperation',
]);
/** Detects a lost connection although nothing is sent, as on an idle stream. */
const CHANNEL: ChannelOptions = { 'grpc.keepalive_time_ms': 15_000, 'grpc.keepalive_timeout_ms': 5_000 };
const API_KEY_INTERVAL_MS = 1_000;

/** An RPC with its request. */
interface Call<Request, Response> {
  method: RpcMethod<Request, Response>;
  request: Request;
}

/** A connection to the gateway with the console's own credential, whose files are watched. */
export class Gateway {
  #client: Client;
  readonly #tls: TlsFiles | undefined;
  readonly #apiKey: WatchedFiles<string> | undefined;
  readonly #scopeKeys: ReadonlyMap<string, WatchedFiles<string>>;

  /** @param tlsIntervalMs how often the PEM files are read. */
  constructor(
    settings: ConsoleSettings,
    logger: Logger,
    scopes: Scopes['scopes'] = {},
    tlsIntervalMs?: number,
  ) {
    const { GATEWAY_ADDR: address, GATEWAY_API_KEY_FILE: key } = settings;
    this.#tls = isGatewayTls(settings) ? watchTls(settings, logger, tlsIntervalMs) : undefined;
    this.#client = clientOf(address, this.#tls?.current);
    this.#tls?.onChange((contents) => {
      const before = this.#client;
      this.#client = clientOf(address, contents);
      // Calls in progress end as they would have.
      before.close();
    });
    this.#apiKey =
      key === undefined ? undefined : watchApiKey(key, logger, { setting: 'GATEWAY_API_KEY_FILE' });
    const keys = Object.entries(scopes).map(
      ([name, { apiKeyFile }]) =>
        [name, watchApiKey(apiKeyFile, logger, { setting: 'CONSOLE_SCOPES_FILE', scope: name })] as const,
    );
    this.#scopeKeys = new Map(keys);
  }

  /** Whether the gateway is reachable, and the state of the connection. It connects if it was idle. */
  get connection(): [isReachable: boolean, state: string] {
    const state = this.#client.getChannel().getConnectivityState(true);
    const isReachable = state === connectivityState.READY || state === connectivityState.IDLE;
    return [isReachable, connectivityState[state]];
  }

  /** Calls an RPC on behalf of a user, with the credential of the user's scope. Rejects with a ServiceError. */
  call<Request, Response>(
    { method, request }: Call<Request, Response>,
    { name, scope }: { name: string; scope?: string | undefined },
  ): Promise<Response> {
    const deadlineMs = deadlineOf(method.path.slice(method.path.lastIndexOf('/') + 1));
    return unary(this.#client, method, request, { metadata: this.#metadata(name, scope), deadlineMs });
  }

  /** Opens a stream for the users of a scope. */
  stream<Request, Response>(
    { method, request }: Call<Request, Response>,
    scope: string | undefined,
  ): ClientReadableStream<Response> {
    return streamed(this.#client, method, request, { metadata: this.#metadata(undefined, scope) });
  }

  close(): void {
    this.#tls?.stop();
    this.#apiKey?.stop();
    for (const key of this.#scopeKeys.values()) key.stop();
    this.#client.close();
  }

  #metadata(user: string | undefined, scope: string | undefined): Metadata {
    const key = scope === undefined ? this.#apiKey : this.#scopeKeys.get(scope);
    // Never the console's own rights instead.
    if (scope !== undefined && key === undefined) throw new Error(`unknown scope ${scope}`);
    return metadataOf({ token: key?.value, person: user });
  }
}

/** Of a call, by the name of its method as in `GetRollout`, in milliseconds. */
export function deadlineOf(name: string): number {
  const isQuery = Object.hasOwn(METHODS, name) && METHODS[name as keyof typeof METHODS].kind === 'query';
  return isQuery || LONG.has(name) ? LONG_DEADLINE_MS : DEADLINE_MS;
}

function clientOf({ host, port }: Address, tls: TlsContents | undefined): Client {
  return new Client(`${host}:${port}`, channelOf(tls), CHANNEL);
}

function watchTls(settings: ConsoleSettings, logger: Logger, intervalMs?: number): TlsFiles {
  const { GATEWAY_TLS_CA_FILE: ca, GATEWAY_TLS_CERT_FILE: cert, GATEWAY_TLS_KEY_FILE: key } = settings;
  const files = watchTlsFiles({ ca, cert, key }, logTlsError(logger, 'GATEWAY_TLS_CERT_FILE'), intervalMs);
  return exportExpiry(files, { ca: 'GATEWAY_TLS_CA_FILE', cert: 'GATEWAY_TLS_CERT_FILE' });
}

/** @param from which setting names the file. */
function watchApiKey(
  path: string,
  logger: Logger,
  from: { setting: string; scope?: string },
): WatchedFiles<string> {
  return new WatchedFiles({
    paths: { key: path },
    intervalMs: API_KEY_INTERVAL_MS,
    parse: ({ key }) => tokenIn(key),
    onError: ({ message }) => logger.error({ ...from, error: message }, 'api key invalid'),
  });
}
