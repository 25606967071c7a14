import { setTimeout as pause } from 'node:timers/promises';
import type { Exit } from './child.js';
import type { Part } from './parts.js';

/** What a killed PostgreSQL leaves behind ends by itself, soon. */
const TRIES = 20;
const PAUSE_MS = 500;

export type Server = { pid: number; exited: Promise<Exit>; stop(): Promise<unknown> };

/**
 * A server that is started again whenever it ends by itself, with what it kept; `tell` gets a line about each time. It has
 * ended where it can't be started again, or `signal` is aborted.
 */
export function keptServer<S extends Server>(
  name: string,
  first: S,
  again: () => Promise<S>,
  { tell, signal }: { tell: (line: string) => void; signal: AbortSignal },
): Pick<Part, 'exited' | 'stop'> {
  let server = first;
  const exited = (async (): Promise<Exit> => {
    for (;;) {
      const exit = await server.exited;
      if (signal.aborted) return exit;
      tell(`${name} (process ${server.pid}) died: ${exit.signal ?? `exit ${exit.code}`}; restarting`);
      const started = await untilStarted(again, signal);
      if (started === undefined) return exit;
      server = started;
      // Told to end while it started.
      if (signal.aborted) await server.stop();
    }
  })();
  const stop = async () => {
    await server.stop();
    await exited;
  };
  return { exited, stop };
}

async function untilStarted<S>(start: () => Promise<S>, signal: AbortSignal): Promise<S | undefined> {
  for (let tries = 0; tries < TRIES && !signal.aborted; tries += 1) {
    try {
      return await start();
    } catch {
      await pause(PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}
