import { readFileSync } from 'node:fs';
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
import type { ConsoleSettings } from '../config.js';

const DEADLINE_MS = 5_000;
/** Detects a lost connection although nothing is sent, as on an idle stream. */
const CHANNEL = { 'grpc.keepalive_time_ms': 15_000, 'grpc.keepalive_timeout_ms': 5_000 };
/** For what WeChat answers. */
const QUERY_DEADLINE_MS = 30_000;
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

/** Connections to the gateway with the console's own credential. */
export class Gateway {
  readonly clients: {
    audits: AuditsClient;
    authorizers: AuthorizersClient;
    codeManagement: CodeManagementClient;
    operations: OperationsClient;
    platform: PlatformClient;
    rollouts: RolloutsClient;
    templates: TemplatesClient;
  };

  constructor(private readonly settings: ConsoleSettings) {
    const { host, port } = settings.GATEWAY_ADDR;
    const address = `${host}:${port}`;
    const channel = channelCredentials(settings);
    this.clients = {
      audits: new AuditsClient(address, channel, CHANNEL),
      authorizers: new AuthorizersClient(address, channel, CHANNEL),
      codeManagement: new CodeManagementClient(address, channel, CHANNEL),
      operations: new OperationsClient(address, channel, CHANNEL),
      platform: new PlatformClient(address, channel, CHANNEL),
      rollouts: new RolloutsClient(address, channel, CHANNEL),
      templates: new TemplatesClient(address, channel, CHANNEL),
    };
  }

  /** The services, called on behalf of a user; undefined: of the console itself. */
  as(user: string | undefined): GatewayCalls {
    const metadata = this.metadata(user);
    const { codeManagement, templates, rollouts, ...others } = this.clients;
    const entries = Object.entries(others).map(([name, client]) => [
      name,
      promised(client, metadata, () => DEADLINE_MS),
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
    const { GATEWAY_API_KEY_FILE: file } = this.settings;
    if (file !== undefined) metadata.set('authorization', `Bearer ${readFileSync(file, 'utf8').trim()}`);
    if (user !== undefined) metadata.set('wxa-on-behalf-of', encodeURIComponent(user));
    return metadata;
  }

  close(): void {
    for (const client of Object.values(this.clients) as Client[]) client.close();
  }
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

function channelCredentials(settings: ConsoleSettings): ChannelCredentials {
  const { GATEWAY_TLS_CA_FILE: ca, GATEWAY_TLS_CERT_FILE: cert, GATEWAY_TLS_KEY_FILE: key } = settings;
  if (ca === undefined && cert === undefined) return credentials.createInsecure();
  const read = (file: string | undefined) => (file === undefined ? null : readFileSync(file));
  return credentials.createSsl(read(ca), read(key), read(cert));
}
