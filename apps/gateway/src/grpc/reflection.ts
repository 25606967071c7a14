import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Server } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';

const FILES = ['wxa/code/v1/code_management.proto', 'wxa/code/v1/operations.proto'];

/** Lets clients such as grpcurl ask for the services and their messages. */
export function addReflection(server: Pick<Server, 'addService'>): void {
  const services = loadSync(FILES, { includeDirs: [protoFolder(dirname(fileURLToPath(import.meta.url)))] });
  new ReflectionService(services).addToServer(server);
}

/** The `proto` folder beside the apps, wherever this file was built to. */
function protoFolder(folder: string): string {
  const candidate = join(folder, 'proto');
  if (existsSync(join(candidate, 'wxa'))) return candidate;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('the proto folder is missing');
  return protoFolder(parent);
}
