import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tieFolder, untieFolder } from './lifeline.js';

export type Folder = { path: string; release(): Promise<void> };

/** Creates `wxa-code-<purpose>-…` in the system's temporary folder. It is removed by `release` or when this process ends. */
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

/** The given folder, which is kept, or a temporary one if none is given. */
export async function folderFor(purpose: string, dataDir: string | undefined): Promise<Folder> {
  if (dataDir === undefined) return temporaryFolder(purpose);
  await mkdir(dataDir, { recursive: true });
  return { path: dataDir, release: async () => undefined };
}

export function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The text of a file that only its owner can read, which is created if it does not exist. */
export async function readOrCreate(path: string, make: () => string | Promise<string>): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text !== undefined) return text;
  const made = await make();
  await writeFile(path, made, { mode: 0o600, flag: 'wx' });
  return made;
}
