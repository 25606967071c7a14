import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fromBinary } from '@bufbuild/protobuf';
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import { loadPackageDefinition, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { expect, it } from '@jest/globals';
import { useSharedGateway } from './use-gateway.js';

const REFLECTION = new URL(
  '../../node_modules/@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto',
  import.meta.url,
);
const { gateway } = useSharedGateway();

const SERVICES = [
  'grpc.health.v1.Health',
  ...[
    ...['Audits', 'Authorizers', 'Calls', 'CodeManagement', 'Fleet', 'Operations', 'Platform'],
    ...['PlatformDomains', 'Rollouts', 'Settings', 'Setup', 'Templates'],
  ].map((name) => `wxa.code.v1.${name}`),
];

/** HealthCheckRequest {service = 1} encoded by hand: one length-delimited field. */
const check = (service: string) =>
  new Promise<Buffer | undefined>((resolve, reject) => {
    const request = Buffer.concat([Buffer.from([0x0a, service.length]), Buffer.from(service)]);
    const same = (bytes: Buffer) => bytes;
    const done = (error: ServiceError | null, answer?: Buffer) => (error ? reject(error) : resolve(answer));
    gateway.code.makeUnaryRequest('/grpc.health.v1.Health/Check', same, same, request, done);
  });

it('The health of the server and of each service is SERVING, and that of an unknown service NOT_FOUND', async () => {
  for (const service of ['', ...SERVICES.slice(1)])
    expect([service, await check(service)]).toEqual([service, Buffer.from([0x08, 1])]);
  await expect(check('nothing')).rejects.toMatchObject({ code: 5 });
});

interface ReflectionAnswer {
  listServicesResponse?: { service: { name: string }[] };
  fileDescriptorResponse?: { fileDescriptorProto: Uint8Array[] };
}

/** The responses of reflection to the requests, in order. */
async function reflect(requests: object[]): Promise<ReflectionAnswer[]> {
  const api = loadPackageDefinition(loadSync(fileURLToPath(REFLECTION)));
  const { service } = Object(api.grpc).reflection.v1.ServerReflection;
  const { path, requestSerialize, responseDeserialize } = service.ServerReflectionInfo;
  const stream = gateway.code.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  const answers: ReflectionAnswer[] = [];
  const ended = new Promise((resolve) => stream.on('end', resolve));
  stream.on('data', (answer) => answers.push(answer));
  for (const request of requests) stream.write(request);
  stream.end();
  await ended;
  return answers;
}

/** The files that declare these symbols and all files that they import, by name. */
async function filesOf(symbols: string[]): Promise<Map<string, FileDescriptorProto>> {
  const files = new Map<string, FileDescriptorProto>();
  let requests: object[] = symbols.map((fileContainingSymbol) => ({ fileContainingSymbol }));
  while (requests.length > 0) {
    for (const { fileDescriptorResponse } of await reflect(requests)) {
      expect(fileDescriptorResponse).toBeDefined();
      for (const bytes of fileDescriptorResponse?.fileDescriptorProto ?? []) {
        const file = fromBinary(FileDescriptorProtoSchema, bytes);
        files.set(file.name, file);
      }
    }
    const imported = [...files.values()].flatMap(({ dependency }) => dependency);
    const missing = new Set(imported.filter((name) => !files.has(name)));
    requests = [...missing].map((fileByFilename) => ({ fileByFilename }));
  }
  return files;
}

/** The descriptors that buf built. */
function builtFiles(name: string): FileDescriptorProto[] {
  const bytes = readFileSync(new URL(`../../proto/${name}.binpb`, import.meta.url));
  return fromBinary(FileDescriptorSetSchema, bytes).file;
}

it('Reflection lists all services and serves descriptors under their real names, equal to those that buf built', async () => {
  const [answer] = await reflect([{ listServices: '' }]);
  const listed = answer?.listServicesResponse?.service.map(({ name }) => name) ?? [];
  expect(listed.sort()).toEqual(SERVICES);
  const symbols = ['wxa.code.v1.CodeManagement.Commit', 'google.rpc.ErrorInfo', 'google.rpc.Status'];
  const files = await filesOf([...listed, ...symbols]);
  for (const name of ['grpc/health/v1/health', 'google/rpc/status', 'wxa/code/v1/operations'])
    expect([...files.keys()]).toContain(`${name}.proto`);
  const built = ['descriptor-set', 'health', 'error-details'].flatMap(builtFiles);
  const expected = [...files.keys()].map((name) => built.find((file) => file.name === name));
  expect([...files.values()]).toEqual(expected);
});
