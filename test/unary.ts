import { type Client, Metadata, type ServiceError } from '@grpc/grpc-js';

/** Calls a unary RPC by name; waits for a gateway that is restarting. */
export function unary<T>(client: Client, rpc: string, request: object, deadlineMs = 40_000): Promise<T> {
  const call = Reflect.get(client, rpc) as (...args: unknown[]) => void;
  const metadata = new Metadata({ waitForReady: true });
  return new Promise((resolve, reject) => {
    const done = (error: ServiceError | null, response: T) => (error ? reject(error) : resolve(response));
    call.call(client, request, metadata, { deadline: Date.now() + deadlineMs }, done);
  });
}
