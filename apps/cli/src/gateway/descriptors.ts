import { existsSync, readFileSync } from 'node:fs';
import { createFileRegistry, type DescMethod, type FileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import type { MethodService } from '@wxa/contracts';

/** The name of an RPC, as in `CodeManagement/Commit`. */
export type Rpc =
  `${MethodService | 'Operations' | 'Audits' | 'Platform' | 'Rollouts' | 'Settings'}/${string}`;

let files: FileRegistry | undefined;

/** The types of the contract; Struct and google.rpc are in it too. */
export function registry(): FileRegistry {
  files ??= createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(descriptorSet())));
  return files;
}

/** The descriptor of an RPC. */
export function methodOf(rpc: Rpc): DescMethod {
  const [service, name] = rpc.split('/');
  const found = registry()
    .getService(`wxa.code.v1.${service}`)
    ?.methods.find((method) => method.name === name);
  if (found === undefined) throw new Error(`proto/descriptor-set.binpb has no ${rpc}; run npm run generate`);
  return found;
}

/** In a parent folder, wherever this file was built to. */
function descriptorSet(): URL {
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    const file = new URL('proto/descriptor-set.binpb', folder);
    if (existsSync(file)) return file;
    if (folder.pathname === '/') throw new Error('proto/descriptor-set.binpb not found');
  }
}
