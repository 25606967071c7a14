import { execFile } from 'node:child_process';
import { chown } from 'node:fs/promises';
import { promisify } from 'node:util';
import { StackError } from '../processes/stack-error.js';

const run = promisify(execFile);

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
