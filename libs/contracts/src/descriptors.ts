import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFileRegistry, type FileRegistry, fromBinary, toJson } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

let registry: FileRegistry | undefined;

/** The descriptors of our protos; read once. */
export function descriptors(): FileRegistry {
  registry ??= createFileRegistry(
    fromBinary(FileDescriptorSetSchema, readDescriptorSet('descriptor-set.binpb')),
  );
  return registry;
}

/**
 * Canonical proto3 JSON of an encoded message. The generated `toJSON` writes durations and field masks otherwise.
 * @param type the full name of the message.
 */
export function canonicalJson(type: string, encoded: Uint8Array): unknown {
  const found = descriptors().getMessage(type);
  if (found === undefined) throw new Error(`proto/descriptor-set.binpb has no ${type}; run npm run generate`);
  return toJson(found, fromBinary(found, encoded), { registry: descriptors() });
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
