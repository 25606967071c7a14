import { type Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { CodeManagementClient, METHODS, type Method, type Operation, OperationsClient } from '@wxa/contracts';
import { callUnary } from '@wxa/stack';

/** Longer than a commit waits for a restarting database, shorter than a gateway stays suspended. */
const ACCEPT_MS = 3000;
const QUERY_MS = 6000;
/** How long one WaitOperation call waits. */
const WAIT_SECONDS = 5;

/** The result of a call. */
export type Response = { kind: 'ok'; response: unknown } | { kind: 'failed'; code: string };

/** The services of one gateway. Every call has a deadline and returns a value instead of throwing. */
export class GatewayChannel {
  readonly #code: CodeManagementClient;
  readonly #operations: OperationsClient;

  constructor(address: string) {
    const insecure = credentials.createInsecure();
    const options = { 'grpc.initial_reconnect_backoff_ms': 200, 'grpc.max_reconnect_backoff_ms': 1000 };
    this.#code = new CodeManagementClient(address, insecure, options);
    this.#operations = new OperationsClient(address, insecure, options);
  }

  /** Calls any method of CodeManagement. */
  call(method: Method, request: object): Promise<Response> {
    const { field, kind } = METHODS[method];
    return unary(this.#code, field, request, kind === 'change' ? ACCEPT_MS : QUERY_MS);
  }

  /** The operation when it has ended or is in doubt, or its state after 5 s; undefined without a response. */
  async wait(id: string): Promise<Operation | undefined> {
    const request = { id, timeout: { seconds: BigInt(WAIT_SECONDS), nanos: 0 } };
    const called = await unary(this.#operations, 'waitOperation', request, (WAIT_SECONDS + 2) * 1000);
    return called.kind === 'ok' ? (called.response as Operation) : undefined;
  }

  close(): void {
    this.#code.close();
    this.#operations.close();
  }
}

function unary(client: Client, rpc: string, request: object, deadlineMs: number): Promise<Response> {
  return callUnary(client, rpc, request, { deadlineMs }).then(
    (response) => ({ kind: 'ok', response }),
    (error: ServiceError) => ({ kind: 'failed', code: status[error.code] }),
  );
}
