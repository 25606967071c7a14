import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { Server } from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { protoFolder } from '../decode/proto-folder.js';

/** `files` of google.protobuf.FileDescriptorSet. */
const FILES_FIELD = 1;

/** Our services, the health service, and google.rpc.Status with its details, which no service references. */
const DESCRIPTOR_SETS = ['descriptor-set.binpb', 'health.binpb', 'error-details.binpb'];

/**
 * Adds the gRPC reflection service, for clients such as grpcurl. It serves the descriptors built by buf: those of
 * proto-loader lack imports and map entries, so that clients cannot resolve the services.
 */
export function addReflection(server: Pick<Server, 'addService'>): void {
  const folder = protoFolder(dirname(fileURLToPath(import.meta.url)));
  const fileDescriptorProtos = DESCRIPTOR_SETS.flatMap((name) => filesOf(readFileSync(join(folder, name))));
  // ReflectionService reads no other property of a package definition.
  const definition = { fileDescriptorProtos } as MessageTypeDefinition<object, object>;
  new ReflectionService({ 'wxa.code.v1': definition }).addToServer(server);
}

function filesOf(descriptorSet: Uint8Array): Buffer[] {
  const reader = new BinaryReader(descriptorSet);
  const files: Buffer[] = [];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === FILES_FIELD) files.push(Buffer.from(reader.bytes()));
    else reader.skip(wireType);
  }
  return files;
}
