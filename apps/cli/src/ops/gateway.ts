import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type ChannelCredentials,
  status as Code,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { OperationsClient } from '@wxa/contracts';
import { address, isLoopback } from '@wxa/service';
import { z } from 'zod';
import { recording } from '../recording.js';
import { retryDelayMs } from './retry-delay.js';

const path = z.string().refine(isReadable, 'cannot be read').optional();

/** How a command reaches the gateway. */
export const gatewayCommand = z
  .object({
    WXA_GATEWAY: address('127.0.0.1:50051'),
    WXA_CA_FILE: path,
    WXA_CERT_FILE: path,
    WXA_KEY_FILE: path,
    WXA_TOKEN_FILE: path,
    WXA_PLAINTEXT: z.enum(['1'], 'must be 1').optional(),
  })
  .superRefine(({ WXA_CERT_FILE: cert, WXA_KEY_FILE: key, WXA_PLAINTEXT, WXA_GATEWAY }, context) => {
    const fault = (name: string, message: string) =>
      context.addIssue({ code: 'custom', path: [name], message });
    if ((cert === undefined) !== (key === undefined))
      fault(
        cert === undefined ? 'WXA_CERT_FILE' : 'WXA_KEY_FILE',
        'a certificate needs its key, and a key its certificate',
      );
    if (WXA_PLAINTEXT !== undefined && !isLoopback(WXA_GATEWAY.host))
      fault('WXA_PLAINTEXT', 'only for a gateway on this machine');
  });

export type GatewaySettings = z.infer<typeof gatewayCommand>;

function isReadable(file: string): boolean {
  try {
    readFileSync(file);
    return true;
  } catch {
    return false;
  }
}

const DEADLINE_MS = 15_000;
const ATTEMPTS = 5;
const RETRY_MS = 1_000;
/** A call that is rejected so may be repeated. */
const RETRYABLE: ReadonlySet<Code> = new Set([Code.UNAVAILABLE, Code.RESOURCE_EXHAUSTED]);

/** The Operations service, called with the credentials of the settings. */
export class Gateway {
  readonly #client: OperationsClient;
  readonly #metadata = new Metadata();

  constructor(settings: GatewaySettings) {
    const { host, port } = settings.WXA_GATEWAY;
    this.#client = new OperationsClient(`${host}:${port}`, channel(settings));
    const { WXA_TOKEN_FILE: token } = settings;
    if (token !== undefined)
      this.#metadata.set('authorization', `Bearer ${readFileSync(token, 'utf8').trim()}`);
    const person = recording().by.caller?.replace(/^cli:/, '') ?? '';
    this.#metadata.set('wxa-on-behalf-of', encodeURIComponent(person));
  }

  /** Calls an RPC that may be repeated, at most 5 times while the gateway is unavailable, each after the delay that it returned. Rejects with a ServiceError. */
  async call<Request, Response>(
    rpc: (client: OperationsClient) => UnaryCall<Request, Response>,
    request: Request,
  ): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#once(rpc(this.#client), request);
      } catch (error) {
        if (attempt === ATTEMPTS || !RETRYABLE.has((error as ServiceError).code)) throw error;
        await delay(retryDelayMs(error as ServiceError) ?? RETRY_MS);
      }
    }
  }

  close(): void {
    this.#client.close();
  }

  #once<Request, Response>(rpc: UnaryCall<Request, Response>, request: Request): Promise<Response> {
    return new Promise((resolve, reject) => {
      rpc.call(
        this.#client,
        request,
        this.#metadata,
        { deadline: Date.now() + DEADLINE_MS },
        (error, response) => (error === null ? resolve(response) : reject(error)),
      );
    });
  }
}

type UnaryCall<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: { deadline: number },
  callback: (error: ServiceError | null, response: Response) => void,
) => unknown;

function channel(settings: GatewaySettings): ChannelCredentials {
  if (settings.WXA_PLAINTEXT !== undefined) return credentials.createInsecure();
  const read = (file: string | undefined) => (file === undefined ? null : readFileSync(file));
  return credentials.createSsl(
    read(settings.WXA_CA_FILE),
    read(settings.WXA_KEY_FILE),
    read(settings.WXA_CERT_FILE),
  );
}
