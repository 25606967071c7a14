import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { create, createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import { Client, credentials, loadPackageDefinition, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { describe, expect, it } from '@jest/globals';
import { useSharedGateway } from './use-gateway.js';

const REFLECTION = new URL(
  '../../node_modules/@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto',
  import.meta.url,
);
const { gateway } = useSharedGateway();

describe('gRPC health', () => {
  /** HealthCheckRequest {service = 1} encoded by hand: one length-delimited field. */
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
    'wxa.code.v1.Audits',
    'wxa.code.v1.Platform',
  ])('The health of service %p is SERVING', async (service) => {
    expect(await check(service)).toEqual(Buffer.from([0x08, 1]));
  });

  it('The health of an unknown service is NOT_FOUND', async () => {
    await expect(check('nothing')).rejects.toMatchObject({ code: 5 });
  });
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
  const client = new Client(gateway.grpc, credentials.createInsecure());
  const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  const answers: ReflectionAnswer[] = [];
  const ended = new Promise((resolve) => stream.on('end', resolve));
  stream.on('data', (answer) => answers.push(answer));
  for (const request of requests) stream.write(request);
  stream.end();
  await ended;
  client.close();
  return answers;
}

async function services(): Promise<string[]> {
  const [answer] = await reflect([{ listServices: '' }]);
  return answer?.listServicesResponse?.service.map(({ name }) => name) ?? [];
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

function importsFirst(files: Map<string, FileDescriptorProto>): FileDescriptorProto[] {
  const ordered = new Set<FileDescriptorProto>();
  const add = (name: string) => {
    const file = files.get(name);
    if (file === undefined || ordered.has(file)) return;
    file.dependency.forEach(add);
    ordered.add(file);
  };
  [...files.keys()].forEach(add);
  return [...ordered];
}

/** The descriptors that buf built. */
function builtFiles(name: string): FileDescriptorProto[] {
  const bytes = readFileSync(new URL(`../../proto/${name}.binpb`, import.meta.url));
  return fromBinary(FileDescriptorSetSchema, bytes).file;
}

describe('gRPC reflection', () => {
  it('Reflection lists all services', async () => {
    expect((await services()).sort()).toEqual([
      'grpc.health.v1.Health',
      'wxa.code.v1.Audits',
      'wxa.code.v1.Authorizers',
      'wxa.code.v1.CodeManagement',
      'wxa.code.v1.Operations',
      'wxa.code.v1.Platform',
      'wxa.code.v1.Rollouts',
      'wxa.code.v1.Templates',
    ]);
  });

  it('Reflection serves linkable descriptors under their real names, equal to those that buf built', async () => {
    const listed = await services();
    const files = await filesOf([
      ...listed,
      'wxa.code.v1.CodeManagement.Commit',
      'google.rpc.ErrorInfo',
      'google.rpc.Status',
    ]);
    const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: importsFirst(files) }));
    for (const name of listed) expect(registry.getService(name)?.methods.length).toBeGreaterThan(0);
    expect([...files.keys()]).toEqual(
      expect.arrayContaining([
        'grpc/health/v1/health.proto',
        'google/rpc/status.proto',
        'google/rpc/error_details.proto',
        'wxa/code/v1/operations.proto',
      ]),
    );
    const built = ['descriptor-set', 'health', 'error-details'].flatMap(builtFiles);
    for (const file of built.filter(({ name }) => files.has(name)))
      expect(files.get(file.name)).toEqual(file);
  });

  it('buf curl lists the methods by reflection', () => {
    const buf = fileURLToPath(new URL('../../node_modules/.bin/buf', import.meta.url));
    const args = ['curl', '--list-methods', '--http2-prior-knowledge', '--protocol', 'grpc'];
    const methods = execFileSync(buf, [...args, `http://${gateway.grpc}`], { encoding: 'utf8' });
    expect(methods.split('\n')).toEqual(
      expect.arrayContaining(['grpc.health.v1.Health/Check', 'wxa.code.v1.Operations/WaitOperation']),
    );
  });
});
