import { type Client, Metadata, type ServiceError } from '@grpc/grpc-js';

/** Calls a unary RPC by name, with a deadline. Waits for a gateway that is restarting if `waitForReady` is set. */
export function callUnary<T>(
  client: Client,
  rpc: string,
  request: object,
  { deadlineMs, waitForReady = false }: { deadlineMs: number; waitForReady?: boolean },
): Promise<T> {
  const call = Reflect.get(client, rpc) as (...args: unknown[]) => void;
  return new Promise((resolve, reject) => {
    const done = (error: ServiceError | null, response: T) => (error ? reject(error) : resolve(response));
    call.call(client, request, new Metadata({ waitForReady }), { deadline: Date.now() + deadlineMs }, done);
  });
}
