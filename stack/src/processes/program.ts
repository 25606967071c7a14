import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The path of a compiled program of this repository, or of another checkout of it. */
export function program(path: string, root = ROOT): string {
  return join(root, path);
}
