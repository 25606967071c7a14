import { readFileSync, realpathSync } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { formatUsers, parseUsers, type StoredUser } from '@wxa/policy';
import { EXIT, exitWith } from '../exit-codes.js';

interface Reading {
  mayBeMissing?: boolean;
}

/** The users of a file by name. Exits with 78 if it cannot be read or is invalid. */
export function readUsers(path: string, reading?: Reading): ReadonlyMap<string, StoredUser> {
  try {
    return usersIn(path, reading);
  } catch (error) {
    return exitWith(`${path}: ${(error as Error).message}`, EXIT.config);
  }
}

/**
 * Replaces the users of a file by those that `change` returns: a reader sees the old or the new ones. Only its owner may read it, who
 * stays the same. Returns false if `change` returned undefined. Exits with 75 while another command changes it, and with 78 if it cannot
 * be read or written, or if a user is invalid.
 */
export async function changeUsers(
  path: string,
  change: (users: ReadonlyMap<string, StoredUser>) => StoredUser[] | undefined,
  reading?: Reading,
): Promise<boolean> {
  try {
    return await replace(path, () => {
      const changed = change(usersIn(path, reading));
      return changed && formatUsers(changed);
    });
  } catch (error) {
    return exitWith(`${path}: ${(error as Error).message}`, EXIT.config);
  }
}

function usersIn(path: string, { mayBeMissing = false }: Reading = {}): ReadonlyMap<string, StoredUser> {
  try {
    return parseUsers(readFileSync(path, 'utf8'));
  } catch (error) {
    if (mayBeMissing && (error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
}

/** The new text is written to the lock, which then becomes the file. */
async function replace(path: string, textOf: () => string | undefined): Promise<boolean> {
  const before = await stat(path).catch(() => undefined);
  // A link stays one.
  const target = before === undefined ? path : realpathSync(path);
  const lock = `${target}.lock`;
  const file = await open(lock, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    return exitWith(`another command changes ${target}; if none runs, delete ${lock}`, EXIT.retryLater);
  });
  let isReplaced = false;
  try {
    const text = textOf();
    if (text === undefined) return false;
    await file.writeFile(text);
    await file.sync();
    if (before !== undefined) await file.chown(before.uid, before.gid);
    await rename(lock, target);
    isReplaced = true;
  } finally {
    await file.close();
    if (!isReplaced) await rm(lock, { force: true });
  }
  return true;
}
