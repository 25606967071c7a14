import { type ChannelOptions, Client, type ClientReadableStream, type Metadata } from '@grpc/grpc-js';
import { channelOf, type Method, metadataOf, type Services, servicesOn, streamed } from '@wxa/client';
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
const LONG: Readonly<Partial<Record<keyof Services, RegExp>>> = {
  codeManagement: /^(get|list)/,
  templates: /^(get|list)/,
  rollouts: /^(createRollout|updateRollout|addRolloutTargets|getRolloutPlan|startRollout|rollbackRollout)$/,
  platform: /^liftApiStop$/,
};
/** Detects a lost connection although nothing is sent, as on an idle stream. */
const CHANNEL: ChannelOptions = { 'grpc.keepalive_time_ms': 15_000, 'grpc.keepalive_timeout_ms': 5_000 };
const API_KEY_INTERVAL_MS = 1_000;

/** The services of the gateway, called for one user. Every call rejects with a ServiceError. */
export type GatewayCalls = Services;

/** A connection to the gateway with the console's own credential, whose files are watched. */
export class Gateway {
  #client: Client;
  readonly #tls: TlsFiles | undefined;
  readonly #apiKey: WatchedFiles<string> | undefined;

  /** @param tlsIntervalMs how often the PEM files are read. */
  constructor(settings: ConsoleSettings, logger: Logger, tlsIntervalMs?: number) {
    const { GATEWAY_ADDR: address, GATEWAY_API_KEY_FILE: key } = settings;
    this.#tls = isGatewayTls(settings) ? watchTls(settings, logger, tlsIntervalMs) : undefined;
    this.#client = clientOf(address, this.#tls?.current);
    this.#tls?.onChange((contents) => {
      const before = this.#client;
      this.#client = clientOf(address, contents);
      // Calls in progress end as they would have.
      before.close();
    });
    this.#apiKey = key === undefined ? undefined : watchApiKey(key, logger);
  }

  /** A new one after a change of the certificate. */
  get channel(): ReturnType<Client['getChannel']> {
    return this.#client.getChannel();
  }

  /** The services, called on behalf of a user; undefined: of the console itself. */
  as(user: string | undefined): GatewayCalls {
    return servicesOn(this.#client, this.#metadata(user), (service, method) =>
      LONG[service]?.test(method) ? LONG_DEADLINE_MS : DEADLINE_MS,
    );
  }

  /** Opens a stream on behalf of a user. With the deadline of a short call, if it is only for the first response. */
  stream<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    { user, isShort = false }: { user?: string | undefined; isShort?: boolean } = {},
  ): ClientReadableStream<Response> {
    const metadata = this.#metadata(user);
    return streamed(this.#client, method, request, { metadata, ...(isShort && { deadlineMs: DEADLINE_MS }) });
  }

  close(): void {
    this.#tls?.stop();
    this.#apiKey?.stop();
    this.#client.close();
  }

  #metadata(user: string | undefined): Metadata {
    return metadataOf({ token: this.#apiKey?.value, person: user });
  }
}

function clientOf({ host, port }: Address, tls: TlsContents | undefined): Client {
  return new Client(`${host}:${port}`, channelOf(tls), CHANNEL);
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
