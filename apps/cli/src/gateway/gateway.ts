import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import {
  create,
  type DescMethod,
  fromBinary,
  fromJson,
  type JsonObject,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import {
  type ChannelCredentials,
  Client,
  type ClientReadableStream,
  type ClientWritableStream,
  status as Code,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { recording } from '../recording.js';
import type { ConnectionValues } from './connection-options.js';
import { methodOf, type Rpc, registry } from './descriptors.js';
import { retryDelayMs } from './failure.js';
import { type GatewaySettings, gatewaySettings } from './settings.js';

const DEADLINE_MS = 15_000;
const ATTEMPTS = 5;
/** A call that is rejected so may be repeated. */
const RETRYABLE: ReadonlySet<Code> = new Set([Code.UNAVAILABLE, Code.RESOURCE_EXHAUSTED]);

/** How long a call may take. */
export interface CallOptions {
  deadlineMs?: number;
  signal?: AbortSignal;
}

/** The gateway, called with the credentials of the settings. Requests and responses are in proto3's JSON. */
export class Gateway {
  readonly #client: Client;
  readonly #metadata = new Metadata();

  constructor(settings: GatewaySettings) {
    const { host, port } = settings.WXA_GATEWAY;
    this.#client = new Client(`${host}:${port}`, channel(settings));
    const { WXA_TOKEN_FILE: token } = settings;
    if (token !== undefined)
      this.#metadata.set('authorization', `Bearer ${readFileSync(token, 'utf8').trim()}`);
    const person = recording().by.caller?.replace(/^cli:/, '') ?? '';
    this.#metadata.set('wxa-on-behalf-of', encodeURIComponent(person));
  }

  /** Calls an RPC that may be repeated, at most 5 times while the gateway is unavailable. Rejects with a ServiceError. */
  async call<Response = JsonObject>(
    rpc: Rpc,
    request: JsonObject,
    { deadlineMs = DEADLINE_MS, signal }: CallOptions = {},
  ): Promise<Response> {
    const deadline = Date.now() + deadlineMs;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return (await this.#once(methodOf(rpc), request, { deadline, signal })) as Response;
      } catch (error) {
        const wait = retryDelayMs(error as ServiceError);
        const isLast = attempt === ATTEMPTS || Date.now() + wait > deadline;
        if (isLast || !RETRYABLE.has((error as ServiceError).code)) throw error;
        await delay(wait, undefined, { signal });
      }
    }
  }

  /** Opens a stream of responses, without a deadline. */
  stream(rpc: Rpc, request: JsonObject): ClientReadableStream<JsonObject> {
    const method = methodOf(rpc);
    const { path, serialize, deserialize } = codecs(method);
    return this.#client.makeServerStreamRequest(path, serialize, deserialize, request, this.#metadata);
  }

  /** Opens a stream of requests that has one response; it rejects with a ServiceError. */
  upload(
    rpc: Rpc,
    deadlineMs: number,
  ): { stream: ClientWritableStream<JsonObject>; response: Promise<JsonObject> } {
    const { path, serialize, deserialize } = codecs(methodOf(rpc));
    const options = { deadline: Date.now() + deadlineMs };
    let stream: ClientWritableStream<JsonObject> | undefined;
    const response = new Promise<JsonObject>((resolve, reject) => {
      stream = this.#client.makeClientStreamRequest(
        path,
        serialize,
        deserialize,
        this.#metadata,
        options,
        (error, found) => (found === undefined ? reject(error) : resolve(found)),
      );
    });
    if (stream === undefined) throw new Error('no stream');
    return { stream, response };
  }

  close(): void {
    this.#client.close();
  }

  #once(
    method: DescMethod,
    request: JsonObject,
    { deadline, signal }: { deadline: number; signal: AbortSignal | undefined },
  ): Promise<JsonObject> {
    const { path, serialize, deserialize } = codecs(method);
    return new Promise((resolve, reject) => {
      const call = this.#client.makeUnaryRequest(
        path,
        serialize,
        deserialize,
        request,
        this.#metadata,
        { deadline },
        (error, response) => (response === undefined ? reject(error) : resolve(response)),
      );
      signal?.addEventListener('abort', () => call.cancel(), { once: true });
    });
  }
}

/** Runs a command on a connection to the gateway. */
export async function withGateway(
  values: ConnectionValues,
  use: (gateway: Gateway) => Promise<number>,
): Promise<number> {
  const gateway = new Gateway(gatewaySettings(values));
  try {
    return await use(gateway);
  } finally {
    gateway.close();
  }
}

function codecs({ parent, name, input, output }: DescMethod) {
  return {
    path: `/${parent.typeName}/${name}`,
    serialize: (request: JsonObject) =>
      Buffer.from(toBinary(input, fromJson(input, request, { registry: registry() }))),
    deserialize: (bytes: Buffer) =>
      toJson(output, bytes.length === 0 ? create(output) : fromBinary(output, bytes), {
        alwaysEmitImplicit: true,
        registry: registry(),
      }) as JsonObject,
  };
}

function channel(settings: GatewaySettings): ChannelCredentials {
  if (settings.WXA_PLAINTEXT !== undefined) return credentials.createInsecure();
  const read = (file: string | undefined) => (file === undefined ? null : readFileSync(file));
  return credentials.createSsl(
    read(settings.WXA_CA_FILE),
    read(settings.WXA_KEY_FILE),
    read(settings.WXA_CERT_FILE),
  );
}
