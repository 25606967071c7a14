import { type ChannelCredentials, Client, type ClientReadableStream, Metadata } from '@grpc/grpc-js';
import { SERVICES, type Services, servicesOn, streamed } from '@wxa/client';
import { WatchRolloutRequest, type WatchRolloutResponse } from '@wxa/contracts';

export const DEADLINE_MS = 15_000;

/** The gateway's gRPC services, called as a user's program calls them; a unary call has a deadline of 15 s. */
export type DemoGateway = Services & {
  /** The caller cancels the stream. */
  watchRollout(id: string): ClientReadableStream<WatchRolloutResponse>;
  close(): void;
};

export function gatewayAt(address: string, channel: ChannelCredentials): DemoGateway {
  const client = new Client(address, channel);
  const metadata = new Metadata();
  return {
    ...servicesOn(client, metadata, () => DEADLINE_MS),
    watchRollout: (id) =>
      streamed(client, SERVICES.rollouts.watchRollout, WatchRolloutRequest.fromPartial({ id }), { metadata }),
    close: () => client.close(),
  };
}
