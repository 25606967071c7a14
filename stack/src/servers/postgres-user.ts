import { execFile } from 'node:child_process';
import { chown } from 'node:fs/promises';
import { promisify } from 'node:util';
import { StackError } from '../processes/stack-error.js';

const run = promisify(execFile);

/** How to run a command as whoever PostgreSQL may run as. */
export type PostgresUser = {
  wrap(command: string, args: readonly string[]): { command: string; args: string[] };
  own(path: string): Promise<void>;
};

/**
 * PostgreSQL refuses to run as root. There it runs as `postgres` or, where that is missing, as `nobody`: no user is
 * made on the machine. It keeps the right to pass folders it does not own, since the checkout may lie under /root.
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
      // Not a user of this machine; the next one may be.
    }
  }
  throw new StackError(
    'PostgreSQL does not run as root and there is no user postgres; start as another user.',
  );
}
