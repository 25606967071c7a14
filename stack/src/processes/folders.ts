import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tieFolder, untieFolder } from './lifeline.js';

export type Folder = { path: string; release(): Promise<void> };

/** A folder under the system's temporary one, named `wxa-code-<purpose>-…`, removed at `release` or with us. */
export async function temporaryFolder(purpose: string): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), `wxa-code-${purpose}-`));
  tieFolder(path);
  return {
    path,
    release: async () => {
      await rm(path, { recursive: true, force: true, maxRetries: 5 });
      untieFolder(path);
    },
  };
}

/** The given folder, kept; or a temporary one where none is given. */
export async function folderFor(purpose: string, dataDir: string | undefined): Promise<Folder> {
  if (dataDir === undefined) return temporaryFolder(purpose);
  await mkdir(dataDir, { recursive: true });
  return { path: dataDir, release: async () => undefined };
}
