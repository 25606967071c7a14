import { randomUUID } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { chown, open, rename, rm, stat } from 'node:fs/promises';
import { formatUsers, parseUsers, type StoredUser } from '@wxa/policy';
import { EXIT, exitWith } from '../exit-codes.js';

/** The users of a file by name. Exits with 78 if it cannot be read or is invalid. */
export function readUsers(path: string, { mayBeMissing = false } = {}): ReadonlyMap<string, StoredUser> {
  try {
    return parseUsers(readFileSync(path, 'utf8'));
  } catch (error) {
    if (mayBeMissing && (error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    return exitWith(`${path}: ${(error as Error).message}`, EXIT.config);
  }
}

/**
 * Replaces a users file: a reader sees the old or the new one. Only its owner may read it, who stays the same. Exits with 78 if it
 * cannot be written, or if a user is invalid.
 */
export async function writeUsers(path: string, users: Iterable<StoredUser>): Promise<void> {
  try {
    await replace(path, formatUsers(users));
  } catch (error) {
    exitWith(`${path}: ${(error as Error).message}`, EXIT.config);
  }
}

async function replace(path: string, text: string): Promise<void> {
  const before = await stat(path).catch(() => undefined);
  // A link stays one.
  const target = before === undefined ? path : realpathSync(path);
  const temporary = `${target}.${randomUUID()}`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    if (before !== undefined) await chown(temporary, before.uid, before.gid);
    await rename(temporary, target);
  } finally {
    await rm(temporary, { force: true });
  }
}
