import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { errorCodeOf } from './processes/error-code.js';
import { tieFolder, untieFolder } from './processes/lifeline.js';
import { isAlive } from './processes/ports.js';
import { StackError } from './processes/stack-error.js';

/** The watcher of a killed run ends its processes within 5 s and then removes the lock. */
const CLEARED_WITHIN_MS = 8000;

/**
 * Locks the folder of a persistent stack for this process and returns the function that unlocks it. `fresh` removes everything
 * but the names in `keep`. Waits for the lock of a killed run, so that its servers are gone before ours open their data.
 */
export async function takeHome(
  home: string,
  { fresh, keep }: { fresh: boolean; keep: string[] },
): Promise<() => Promise<void>> {
  await mkdir(home, { recursive: true });
  const lock = join(home, 'running');
  await acquireLock(lock);
  if (fresh) await empty(home, ['running', ...keep]);
  return async () => {
    await rm(lock, { recursive: true, force: true });
    untieFolder(lock);
  };
}

async function acquireLock(lock: string): Promise<void> {
  const deadline = Date.now() + CLEARED_WITHIN_MS;
  while (!(await createLock(lock))) {
    const owner = Number(await readFile(join(lock, 'pid'), 'utf8').catch(() => 'NaN'));
    // In a container the killed run may have had the pid of this process.
    if (owner !== process.pid && isAlive(owner)) {
      throw new StackError(
        `According to ${lock}, process ${owner} is running this stack; stop it first, or remove that folder.`,
      );
    }
    if (Date.now() > deadline) await rm(lock, { recursive: true, force: true });
    else await pause(100);
  }
  tieFolder(lock);
  await writeFile(join(lock, 'pid'), String(process.pid));
}

async function createLock(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
    return true;
  } catch (error) {
    if (errorCodeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function empty(folder: string, except: string[]): Promise<void> {
  const names = (await readdir(folder)).filter((name) => !except.includes(name));
  await Promise.all(names.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}
