import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The built program of an app or library of this repository. */
export function program(path: string): string {
  return join(ROOT, path);
}
