import {
  Client,
  credentials,
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptor,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { expect, it } from '@jest/globals';
import { peerOf } from './peer.js';

const path = '/test.Echo/Echo';
const bytes = (value: Buffer) => value;
const codecs = {
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
};
const service: ServiceDefinition = {
  echo: { path, requestStream: false, responseStream: false, ...codecs },
};

it('The certificate of a connection is read once, also from within other interceptors', async () => {
  let reads = 0;
  const outer: ServerInterceptor = (_method, call) => new ServerInterceptingCall(call);
  const reading: ServerInterceptor = (_method, call) => {
    const read = call.getAuthContext.bind(call);
    call.getAuthContext = () => {
      reads += 1;
      return read();
    };
    peerOf(call);
    return new ServerInterceptingCall(call);
  };
  const server = new Server({ interceptors: [outer, reading] });
  server.addService(service, {
    echo: ({ request }: { request: Buffer }, answer: (error: null, value: Buffer) => void) =>
      answer(null, request),
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  const call = (client: Client) =>
    new Promise((resolve, reject) =>
      client.makeUnaryRequest(path, bytes, bytes, Buffer.from('x'), (error, value) =>
        error ? reject(error) : resolve(value),
      ),
    );
  const connect = (name: string) => new Client(`127.0.0.1:${port}`, credentials.createInsecure(), { name });
  const [one, other] = [connect('one'), connect('other')];
  try {
    for (const client of [one, one, one]) await call(client);
    expect(reads).toBe(1);
    await call(other);
    expect(reads).toBe(2);
  } finally {
    one.close();
    other.close();
    server.forceShutdown();
  }
});
