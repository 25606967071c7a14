import { credentials, type Client as GrpcClient, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { AuthorizersClient, CodeManagementClient, OperationsClient } from '@wxa/contracts';

export const DEADLINE_MS = 15_000;

/** The gateway's gRPC services, called as a user's program calls them. */
export class Client {
  readonly #services: Readonly<Record<string, GrpcClient>>;

  constructor(address: string) {
    const insecure = credentials.createInsecure();
    this.#services = {
      CodeManagement: new CodeManagementClient(address, insecure),
      Authorizers: new AuthorizersClient(address, insecure),
      Operations: new OperationsClient(address, insecure),
    };
  }

  /** Calls a unary RPC with a deadline of 15 s. */
  call<Response>(service: string, rpc: string, request: object): Promise<Response> {
    const client = this.#services[service];
    const unary = Reflect.get(client ?? {}, rpc) as (...args: unknown[]) => void;
    return new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, response: Response) =>
        error ? reject(new Error(`${rpc}: ${status[error.code]}, ${error.details}`)) : resolve(response);
      unary.call(client, request, new Metadata(), { deadline: Date.now() + DEADLINE_MS }, done);
    });
  }

  close(): void {
    for (const client of Object.values(this.#services)) client.close();
  }
}
