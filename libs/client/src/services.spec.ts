import type { Client } from '@grpc/grpc-js';
import { expect, it } from '@jest/globals';
import { metadataOf } from './calls.js';
import { servicesOn } from './services.js';

it('A call has the defaults of its request, its credential, its person and the deadline of its method', async () => {
  const made: unknown[] = [];
  const makeUnaryRequest = (...[path, , , request, metadata, options, done]: unknown[]) => {
    const { deadline } = options as { deadline: number };
    made.push(path, request, (metadata as ReturnType<typeof metadataOf>).getMap());
    made.push(Math.round((deadline - Date.now()) / 1_000));
    (done as (error: null, response: object) => void)(null, { id: '1' });
  };
  const metadata = metadataOf({ token: 'key', person: '李' });
  const services = servicesOn({ makeUnaryRequest } as unknown as Client, metadata, (service, method) =>
    service === 'operations' && method === 'cancelOperation' ? 60_000 : 0,
  );
  expect(await services.operations.cancelOperation({ id: '1' })).toEqual({ id: '1' });
  expect(made).toEqual([
    '/wxa.code.v1.Operations/CancelOperation',
    { id: '1', reason: '' },
    { authorization: 'Bearer key', 'wxa-on-behalf-of': '%E6%9D%8E' },
    60,
  ]);
});
