import { type AddressInfo, connect, createServer } from 'node:net';
import { credentials } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { ListOperationsRequest, OperationsClient } from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { call } from '../gateway/calls.js';
import { newBackends, startGateway } from '../gateway/running-gateway.js';

const listFirst = (client: OperationsClient) =>
  call(client, client.listOperations, ListOperationsRequest.fromPartial({ pageSize: 1 }));

describe('GRPC_MAX_CONNECTION_AGE_MS', () => {
  it('A connection that has reached its age is replaced, and no call fails', async () => {
    const aging = await startGateway(await newBackends(), { GRPC_MAX_CONNECTION_AGE_MS: '300' });
    const [, port = ''] = aging.grpc.split(':');
    let connections = 0;
    const proxy = createServer((client) => {
      connections += 1;
      const server = connect(Number(port), '127.0.0.1');
      client.on('error', () => server.destroy()).pipe(server);
      server.on('error', () => client.destroy()).pipe(client);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port: entrance } = proxy.address() as AddressInfo;
    const operations = new OperationsClient(`127.0.0.1:${entrance}`, credentials.createInsecure());
    try {
      await eventually(async () => {
        expect((await listFirst(operations)).operations).toEqual([]);
        return connections >= 3;
      });
    } finally {
      operations.close();
      proxy.close();
      await aging.stop();
    }
  });
});
