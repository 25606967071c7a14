import { fileURLToPath } from 'node:url';
import { Client, credentials, loadPackageDefinition, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aPlace, type RunningGateway, startGateway } from './running-gateway.js';

const REFLECTION = new URL(
  '../../node_modules/@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto',
  import.meta.url,
);
let gateway: RunningGateway;

beforeAll(async () => {
  gateway = await startGateway(await aPlace());
}, 60_000);

afterAll(() => gateway?.stop());

describe('health', () => {
  /** HealthCheckRequest {service = 1} by hand: one length-delimited field. */
  const check = (service: string) =>
    new Promise<Buffer>((resolve, reject) => {
      const client = new Client(gateway.grpc, credentials.createInsecure());
      const request = Buffer.concat([Buffer.from([0x0a, service.length]), Buffer.from(service)]);
      const identity = (bytes: Buffer) => bytes;
      const done = (error: ServiceError | null, answer?: Buffer) => {
        client.close();
        if (error) reject(error);
        else resolve(answer ?? Buffer.alloc(0));
      };
      client.makeUnaryRequest('/grpc.health.v1.Health/Check', identity, identity, request, done);
    });

  it.each([
    '',
    'wxa.code.v1.CodeManagement',
    'wxa.code.v1.Templates',
    'wxa.code.v1.Operations',
    'wxa.code.v1.Authorizers',
  ])('of %p is SERVING', async (service) => {
    expect(await check(service)).toEqual(Buffer.from([0x08, 1]));
  });

  it('of another service is NOT_FOUND', async () => {
    await expect(check('nothing')).rejects.toMatchObject({ code: 5 });
  });
});

describe('reflection', () => {
  it('tells the services and the file that a method comes from', async () => {
    const api = loadPackageDefinition(loadSync(fileURLToPath(REFLECTION)));
    const { service } = Object(api.grpc).reflection.v1.ServerReflection;
    const method = service.ServerReflectionInfo;
    const client = new Client(gateway.grpc, credentials.createInsecure());
    const { path, requestSerialize, responseDeserialize } = method;
    const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    const answers: {
      listServicesResponse?: { service: { name: string }[] };
      fileDescriptorResponse?: object;
    }[] = [];
    const ended = new Promise((resolve) => stream.on('end', resolve));
    stream.on('data', (answer) => answers.push(answer));
    stream.write({ listServices: '' });
    const symbols = ['wxa.code.v1.CodeManagement.Commit', 'grpc.health.v1.Health', 'google.rpc.ErrorInfo'];
    for (const fileContainingSymbol of symbols) stream.write({ fileContainingSymbol });
    stream.end();
    await ended;
    client.close();
    const names = answers[0]?.listServicesResponse?.service.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'wxa.code.v1.CodeManagement',
        'wxa.code.v1.Operations',
        'wxa.code.v1.Authorizers',
        'grpc.health.v1.Health',
      ]),
    );
    for (const { fileDescriptorResponse } of answers.slice(1)) expect(fileDescriptorResponse).toBeDefined();
    expect(answers).toHaveLength(1 + symbols.length);
  });
});
