import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFileRegistry, type DescMessage, type FileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { protoFolder } from './proto-folder.js';

let registry: FileRegistry | undefined;

/** The request message of an RPC. @param path for example `/wxa.code.v1.CodeManagement/Commit`. */
export function requestType(path: string): DescMessage {
  registry ??= readRegistry();
  const [, service = '', rpc] = path.split('/');
  const found = registry.getService(service)?.methods.find(({ name }) => name === rpc);
  if (found === undefined) throw new Error(`proto/descriptor-set.binpb has no ${path}; run npm run generate`);
  return found.input;
}

function readRegistry(): FileRegistry {
  const folder = protoFolder(dirname(fileURLToPath(import.meta.url)));
  return createFileRegistry(
    fromBinary(FileDescriptorSetSchema, readFileSync(join(folder, 'descriptor-set.binpb'))),
  );
}
