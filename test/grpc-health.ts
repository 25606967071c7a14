import { type ChannelCredentials, Client } from '@grpc/grpc-js';

const STATUSES = ['UNKNOWN', 'SERVING', 'NOT_SERVING'];

/** The status that the standard health service of a gateway returns for the whole process. */
export async function healthOf(address: string, channel: ChannelCredentials): Promise<string | undefined> {
  const client = new Client(address, channel);
  const identity = (bytes: Buffer) => bytes;
  const answer = await new Promise<Buffer>((resolve, reject) => {
    client.makeUnaryRequest(
      '/grpc.health.v1.Health/Check',
      identity,
      identity,
      // An empty HealthCheckRequest.
      Buffer.alloc(0),
      (error, value) => (error === null ? resolve(value ?? Buffer.alloc(0)) : reject(error)),
    );
  }).finally(() => client.close());
  // HealthCheckResponse {status = 1}: a tag and a number.
  return STATUSES[answer[1] ?? 0];
}
