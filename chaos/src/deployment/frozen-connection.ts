import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** If no connection is made within this time, the process continues as before. */
const CONNECTS_WITHIN_MS = 5000;
const POLL_MS = 200;
const STOPPED = 'T';

/**
 * Makes a process suspend itself on SIGUSR2 at its next connection, when the connection is established and no
 * byte of a request is written. A signal from outside rarely hits that moment.
 */
const SUSPEND_WHILE_CONNECTING = `
  import { subscribe, unsubscribe } from 'node:diagnostics_channel';
  const connected = 'undici:client:connected';
  const suspend = () => {
    unsubscribe(connected, suspend);
    process.kill(process.pid, 'SIGSTOP');
  };
  process.on('SIGUSR2', () => {
    subscribe(connected, suspend);
    setTimeout(() => unsubscribe(connected, suspend), ${CONNECTS_WITHIN_MS}).unref();
  });`;

/** Goes into NODE_OPTIONS of the apps. */
export const SUSPENDS_ON_SIGUSR2 = `--import=data:text/javascript,${encodeURIComponent(SUSPEND_WHILE_CONNECTING)}`;

/** Resolves with true when the process has stopped, with false if it made no connection. */
export async function stoppedWhileConnecting(pid: number): Promise<boolean> {
  const deadline = Date.now() + CONNECTS_WITHIN_MS + POLL_MS;
  while (Date.now() < deadline) {
    if (await isStopped(pid)) return true;
    await delay(POLL_MS);
  }
  return false;
}

async function isStopped(pid: number): Promise<boolean> {
  const { stdout } = await run('ps', ['-o', 'state=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.trim().startsWith(STOPPED);
}
