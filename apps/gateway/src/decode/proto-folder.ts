import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Finds the `proto` folder in one of the parent folders, wherever this file was built to. */
export function protoFolder(folder: string): string {
  const candidate = join(folder, 'proto');
  if (existsSync(join(candidate, 'wxa'))) return candidate;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('proto folder not found');
  return protoFolder(parent);
}
