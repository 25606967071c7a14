import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';

/**
 * Cleans up if this process cannot: it reads our pipe, and at its end (we exited, crashed or were killed) it
 * ends the process groups and removes the folders in the last lines it read. POSIX sh, about 1 MB. It runs in a
 * session of its own, so Ctrl-C does not reach it.
 */
const WATCHER = `
while read -r kind rest; do
  case $kind in pids) pids=$rest ;; *) folders=$rest ;; esac
done
alive() { for p in $pids; do kill -0 "-$p" 2>/dev/null && return 0; done; return 1; }
for p in $pids; do kill -TERM "-$p" 2>/dev/null; kill -CONT "-$p" 2>/dev/null; done
left=50
while alive && [ $left -gt 0 ]; do sleep 0.1; left=$((left - 1)); done
for p in $pids; do kill -KILL "-$p" 2>/dev/null; done
[ -n "$folders" ] && eval "rm -rf -- $folders"
`;

const pids = new Set<number>();
const folders = new Set<string>();
let watcher: ChildProcess | undefined;

/** Registers a process group that is to end with this process; the pid is the group's. */
export function tieProcess(pid: number): void {
  pids.add(pid);
  send('pids', [...pids]);
}

/** Must be called as soon as the process has exited, because its pid may be reused. */
export function untieProcess(pid: number): void {
  pids.delete(pid);
  send('pids', [...pids]);
}

/** Registers a folder that is removed if this process ends without removing it. */
export function tieFolder(path: string): void {
  folders.add(path);
  send('folders', [...folders].map(quote));
}

export function untieFolder(path: string): void {
  folders.delete(path);
  send('folders', [...folders].map(quote));
}

/** Kills every registered process immediately, as the response to a second Ctrl-C. The watcher removes the folders. */
export function killTied(): void {
  for (const pid of pids) {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has exited already.
    }
  }
}

function send(kind: string, values: ReadonlyArray<number | string>): void {
  watcher ??= startWatcher();
  watcher.stdin?.write(`${kind} ${values.join(' ')}\n`);
}

function startWatcher(): ChildProcess {
  const child = spawn('/bin/sh', ['-c', WATCHER, 'wxa-code-watcher'], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: `/usr/bin:/bin:${process.env.PATH ?? ''}` },
  });
  child.stdin?.on('error', () => undefined);
  child.unref();
  // The pipe must not keep this process alive.
  if (child.stdin instanceof Socket) child.stdin.unref();
  return child;
}

function quote(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}
