import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFileRegistry, type DescMessage, type FileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

let registry: FileRegistry | undefined;

/** The request message of an RPC. @param path for example `/wxa.code.v1.CodeManagement/Commit`. */
export function requestType(path: string): DescMessage {
  registry ??= createFileRegistry(
    fromBinary(FileDescriptorSetSchema, readDescriptorSet('descriptor-set.binpb')),
  );
  const [, service = '', rpc] = path.split('/');
  const found = registry.getService(service)?.methods.find(({ name }) => name === rpc);
  if (found === undefined) throw new Error(`proto/descriptor-set.binpb has no ${path}; run npm run generate`);
  return found.input;
}

/** Reads a google.protobuf.FileDescriptorSet that buf has built. @param name of a file in the `proto` folder. */
export function readDescriptorSet(name: string): Uint8Array {
  return readFileSync(join(protoFolder(dirname(fileURLToPath(import.meta.url))), name));
}

/** Finds the `proto` folder in one of the parent folders, wherever this file was built to. */
function protoFolder(folder: string): string {
  const candidate = join(folder, 'proto');
  if (existsSync(join(candidate, 'wxa'))) return candidate;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('proto folder not found');
  return protoFolder(parent);
}
