import { type ChannelCredentials, type Client as GrpcClient, type ServiceError, status } from '@grpc/grpc-js';
import { AuthorizersClient, CodeManagementClient, OperationsClient, RolloutsClient } from '@wxa/contracts';
import { callUnary } from '../rpc.js';

export const DEADLINE_MS = 15_000;

/** The gateway's gRPC services, called as a user's program calls them. */
export class Client {
  readonly #services: Readonly<Record<string, GrpcClient>>;
  readonly #rollouts: RolloutsClient;

  constructor(address: string, channel: ChannelCredentials) {
    this.#rollouts = new RolloutsClient(address, channel);
    this.#services = {
      CodeManagement: new CodeManagementClient(address, channel),
      Authorizers: new AuthorizersClient(address, channel),
      Operations: new OperationsClient(address, channel),
      Rollouts: this.#rollouts,
    };
  }

  /** Calls a unary RPC with a deadline of 15 s. */
  call<Response>(service: string, rpc: string, request: object): Promise<Response> {
    const client = this.#services[service] as GrpcClient;
    return callUnary<Response>(client, rpc, request, { deadlineMs: DEADLINE_MS }).catch(
      (error: ServiceError) => {
        throw new Error(`${rpc}: ${status[error.code]}, ${error.details}`);
      },
    );
  }

  /** The versions of a rollout; the caller cancels the stream. */
  watchRollout(id: string): ReturnType<RolloutsClient['watchRollout']> {
    return this.#rollouts.watchRollout({ id });
  }

  close(): void {
    for (const client of Object.values(this.#services)) client.close();
  }
}
