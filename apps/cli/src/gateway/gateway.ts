import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { JsonObject } from '@bufbuild/protobuf';
import {
  Client,
  type ClientReadableStream,
  type ClientWritableStream,
  status as Code,
  type ServiceError,
} from '@grpc/grpc-js';
import { channelOf, jsonMethod, metadataOf, type RpcOptions, streamed, unary } from '@wxa/client';
import { readTokenFile } from '@wxa/service/settings';
import { recording } from '../recording.js';
import type { ConnectionValues } from './connection-options.js';
import { retryDelayMs } from './failure.js';
import type { RpcName } from './rpc.js';
import { type ConnectionSettings, connectionSettings } from './settings.js';

const DEADLINE_MS = 15_000;
const ATTEMPTS = 5;
/** A call that is rejected so may be repeated. */
const RETRYABLE: ReadonlySet<Code> = new Set([Code.UNAVAILABLE, Code.RESOURCE_EXHAUSTED]);

/** How long a call may take. */
export interface CallTimes {
  deadlineMs?: number;
  signal?: AbortSignal;
}

/** The gateway, called with the credentials of the settings. Requests and responses are in proto3's JSON. */
export class Gateway {
  readonly #client: Client;
  readonly #metadata: RpcOptions['metadata'];

  constructor({ WXA_GATEWAY: { host, port }, ...settings }: ConnectionSettings) {
    const tls = {
      ca: textOf(settings.WXA_CA_FILE),
      key: textOf(settings.WXA_KEY_FILE),
      cert: textOf(settings.WXA_CERT_FILE),
    };
    this.#client = new Client(`${host}:${port}`, channelOf(settings.WXA_PLAINTEXT ? undefined : tls));
    const person = recording().by.caller?.replace(/^cli:/, '') ?? '';
    const tokenFile = settings.WXA_TOKEN_FILE;
    const token = tokenFile === undefined ? undefined : readTokenFile(tokenFile);
    this.#metadata = metadataOf({ token, person });
  }

  /**
   * Calls an RPC that may be repeated, at most 5 times while the gateway is unavailable. Rejects with a ServiceError, whose cause is that
   * of an earlier call that may have been accepted.
   */
  async call<Response = JsonObject>(
    rpc: RpcName,
    request: JsonObject,
    { deadlineMs = DEADLINE_MS, signal }: CallTimes = {},
  ): Promise<Response> {
    const deadline = Date.now() + deadlineMs;
    let lost: ServiceError | undefined;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const options = { metadata: this.#metadata, deadlineMs: deadline - Date.now(), signal };
        return (await unary(this.#client, jsonMethod(rpc), request, options)) as Response;
      } catch (thrown) {
        const error = thrown as ServiceError;
        const wait = retryDelayMs(error);
        const isLast = attempt === ATTEMPTS || Date.now() + wait > deadline;
        if (isLast || !RETRYABLE.has(error.code)) throw Object.assign(error, { cause: lost });
        if (error.code === Code.UNAVAILABLE) lost ??= error;
        await delay(wait, undefined, { signal });
      }
    }
  }

  /** Opens a stream of responses, without a deadline. */
  stream(rpc: RpcName, request: JsonObject): ClientReadableStream<JsonObject> {
    return streamed(this.#client, jsonMethod(rpc), request, { metadata: this.#metadata });
  }

  /** Opens a stream of requests that has one response; it rejects with a ServiceError. */
  upload(
    rpc: RpcName,
    deadlineMs: number,
  ): { stream: ClientWritableStream<JsonObject>; response: Promise<JsonObject> } {
    const { path, requestSerialize, responseDeserialize } = jsonMethod(rpc);
    const options = { deadline: Date.now() + deadlineMs };
    let stream: ClientWritableStream<JsonObject> | undefined;
    const response = new Promise<JsonObject>((resolve, reject) => {
      stream = this.#client.makeClientStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
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
}

/** Runs a command on a connection to the gateway. */
export async function withGateway(
  values: ConnectionValues,
  use: (gateway: Gateway) => Promise<number>,
): Promise<number> {
  const gateway = new Gateway(connectionSettings(values));
  try {
    return await use(gateway);
  } finally {
    gateway.close();
  }
}

function textOf(file: string | undefined): string | undefined {
  return file === undefined ? undefined : readFileSync(file, 'utf8');
}
