import {
  type Client,
  Metadata,
  ResponderBuilder,
  Server,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
  status,
} from '@grpc/grpc-js';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { Tracing } from '@wxa/service';
import type { GatewaySettings } from '../config.js';
import { addMethod, codeOfCall, started } from './fixtures/unary-calls.js';
import { grpcOptions } from './grpc-server.js';

const COMMIT = '/wxa.code.v1.CodeManagement/Commit';
const CHECK = '/grpc.health.v1.Health/Check';

let spans: { name: string; code: unknown }[];
const tracing = {
  start: (name: string) => {
    const span = { name, code: undefined as unknown };
    spans.push(span);
    return {
      spanContext: () => ({ traceId: '0'.repeat(31) + 1, spanId: '0'.repeat(15) + 1, traceFlags: 1 }),
      setAttributes: (attributes: Record<string, unknown>) => {
        span.code = attributes['rpc.status_code'];
      },
      end: () => undefined,
    };
  },
} as unknown as Tracing;

/** Refuses calls without a credential as soon as their metadata arrives. */
const access: ServerInterceptor = ({ path }, call) => {
  const listener = new ServerListenerBuilder()
    .withOnReceiveMetadata((metadata, next) => {
      if (path === CHECK || metadata.get('authorization').length > 0) next(metadata);
      else call.sendStatus({ code: status.UNAUTHENTICATED, details: '' });
    })
    .build();
  return new ServerInterceptingCall(call, new ResponderBuilder().withStart((next) => next(listener)).build());
};

let server: Server;
let client: Client;
beforeEach(() => {
  spans = [];
});
beforeAll(async () => {
  const settings = { GRPC_ADDR: { host: '127.0.0.1', port: 0 } } as GatewaySettings;
  const { options } = grpcOptions(
    settings,
    { credentials: undefined, interceptors: [access], tracing },
    () => undefined,
  );
  const { interceptors } = options.channelOptions as unknown as { interceptors: ServerInterceptor[] };
  server = new Server({ interceptors });
  for (const path of [COMMIT, CHECK]) addMethod(server, path);
  ({ client } = await started(server));
});
afterAll(() => {
  client.close();
  server.forceShutdown();
});

/** The code of a call whose client asks for its trace to be sampled. */
function sampledCall(path: string, authorization?: string): Promise<number> {
  const metadata = new Metadata();
  metadata.set('traceparent', `00-${'1'.repeat(32)}-${'1'.repeat(16)}-01`);
  if (authorization !== undefined) metadata.set('authorization', authorization);
  return codeOfCall(client, path, metadata);
}

it('A call whose caller is known has a span with its code', async () => {
  expect(await sampledCall(COMMIT, 'Bearer key')).toBe(status.OK);
  expect(spans).toEqual([{ name: COMMIT.slice(1), code: 'OK' }]);
});

it('A call without a caller has no span, whatever its client asks for', async () => {
  expect(await sampledCall(COMMIT)).toBe(status.UNAUTHENTICATED);
  expect(await sampledCall(CHECK)).toBe(status.OK);
  expect(spans).toEqual([]);
});
