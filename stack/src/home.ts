import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { codeOf } from './processes/error-code.js';
import { tieFolder, untieFolder } from './processes/lifeline.js';
import { StackError } from './processes/stack-error.js';

/** The watcher of a killed run ends its processes within 5 s and then removes the lock. */
const CLEARED_WITHIN_MS = 8000;

/**
 * Locks the folder of a persistent stack for this process and returns the function that unlocks it. `fresh`
 * removes everything but the names in `keep`. Waits for the lock of a killed run, so that its servers are gone
 * before ours open their data.
 */
export async function takeHome(
  home: string,
  { fresh, keep }: { fresh: boolean; keep: string[] },
): Promise<() => Promise<void>> {
  await mkdir(home, { recursive: true });
  const mark = join(home, 'running');
  await takeMark(mark);
  if (fresh) await empty(home, ['running', ...keep]);
  return async () => {
    await rm(mark, { recursive: true, force: true });
    untieFolder(mark);
  };
}

async function takeMark(mark: string): Promise<void> {
  const deadline = Date.now() + CLEARED_WITHIN_MS;
  while (!(await makeMark(mark))) {
    const owner = Number(await readFile(join(mark, 'pid'), 'utf8').catch(() => 'NaN'));
    if (isAlive(owner)) {
      throw new StackError(
        `${mark} says that process ${owner} runs this stack; stop it first, or remove that folder.`,
      );
    }
    if (Date.now() > deadline) await rm(mark, { recursive: true, force: true });
    else await pause(100);
  }
  tieFolder(mark);
  await writeFile(join(mark, 'pid'), String(process.pid));
}

async function makeMark(mark: string): Promise<boolean> {
  try {
    await mkdir(mark);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  // In a container the killed run may have had the pid of this process.
  if (Number.isNaN(pid) || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function empty(folder: string, except: string[]): Promise<void> {
  const names = (await readdir(folder)).filter((name) => !except.includes(name));
  await Promise.all(names.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}
