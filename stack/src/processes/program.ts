import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The path of a compiled program of this repository. */
export function program(path: string): string {
  return join(ROOT, path);
}
