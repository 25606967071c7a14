import { setTimeout as pause } from 'node:timers/promises';
import type { ServerProcess, StackPart } from '../plan/parts.js';
import type { Exit } from '../processes/child.js';
import { keepRunning, type Supervision } from '../processes/keep-running.js';

/** What a killed PostgreSQL leaves running exits by itself soon. */
const TRIES = 20;
const PAUSE_MS = 500;

export type Server = { pid: number; exited: Promise<Exit>; stop(): Promise<unknown> };

/**
 * Restarts a server with its data whenever it exits unexpectedly. `exited` of the returned part resolves when it
 * cannot be restarted, or after the signal is aborted.
 */
export function restartedServer<S extends Server>(
  name: string,
  first: S,
  restart: () => Promise<S>,
  how: Supervision,
): Required<Pick<StackPart, 'exited' | 'stop'>> & { process: ServerProcess } {
  const { log, signal } = how;
  let server = first;
  const restartable = {
    name,
    get pid() {
      return server.pid;
    },
    get exited() {
      return server.exited;
    },
    start: async () => {
      server = await untilStarted(restart, signal);
      // Stopped while it was starting.
      if (signal.aborted) await server.stop();
    },
  };
  const exited = keepRunning(restartable, how)
    .catch((error) => {
      if (!signal.aborted) log(`${name} cannot be restarted: ${error}`);
    })
    .then(() => server.exited);
  const stop = async () => {
    await server.stop();
    await exited;
  };
  return { exited, stop, process: restartable };
}

async function untilStarted<S>(start: () => Promise<S>, signal: AbortSignal): Promise<S> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await start();
    } catch (error) {
      if (signal.aborted || tries === TRIES) throw error;
      await pause(PAUSE_MS, undefined, { signal });
    }
  }
}
