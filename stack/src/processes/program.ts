import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The program of an app of this repository, or of another checkout of it. `wxa` and older versions have no bundle. */
export function program(app: string, root = ROOT): string {
  const dist = join(root, 'apps', app, 'dist');
  const bundle = join(dist, 'bundle.js');
  return existsSync(bundle) ? bundle : join(dist, 'main.js');
}
