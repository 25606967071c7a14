import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { type Services, servicesOn } from '@wxa/client';
import { METHODS, type Method, type Operation } from '@wxa/contracts';

/** Longer than a commit waits for a restarting database, shorter than a gateway stays suspended. */
const ACCEPT_MS = 3000;
const QUERY_MS = 6000;
/** How long one WaitOperation call waits. */
const WAIT_SECONDS = 5;
const RECONNECTS = { 'grpc.initial_reconnect_backoff_ms': 200, 'grpc.max_reconnect_backoff_ms': 1000 };

/** The result of a call. */
export type Response = { kind: 'ok'; response: unknown } | { kind: 'failed'; code: string };

/** The services of one gateway. Its own calls have a deadline and return a value instead of throwing. */
export class GatewayChannel {
  readonly #client: Client;
  readonly services: Services;

  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure(), RECONNECTS);
    this.services = servicesOn(this.#client, new Metadata(), () => QUERY_MS);
  }

  /** Calls any method of CodeManagement. */
  call(method: Method, request: object): Promise<Response> {
    const { field, kind } = METHODS[method];
    const call = Reflect.get(this.services.codeManagement, field);
    return call(request, kind === 'change' ? ACCEPT_MS : QUERY_MS).then(
      (response: unknown) => ({ kind: 'ok', response }),
      (error: ServiceError) => ({ kind: 'failed', code: status[error.code] }),
    );
  }

  /** The operation when it has ended or is in doubt, or its state after 5 s; undefined without a response. */
  wait(id: string): Promise<Operation | undefined> {
    const request = { id, timeout: { seconds: BigInt(WAIT_SECONDS), nanos: 0 } };
    const call = this.services.operations.waitOperation(request, (WAIT_SECONDS + 2) * 1000);
    return call.catch(() => undefined);
  }

  close(): void {
    this.#client.close();
  }
}
