import { setTimeout as delay } from 'node:timers/promises';
import type { Exit } from './child.js';

/** A process that can be started again. */
export type Restartable = {
  readonly name: string;
  readonly pid: number;
  /** Where the reason of its death is. */
  readonly logFile?: string;
  readonly exited: Promise<Exit>;
  start(): Promise<void>;
};

/** Returns the pause in milliseconds before a process that has exited is restarted. */
export type RestartPause = (name: string, exit: Exit) => number | Promise<number>;

export type Supervision = {
  /** Gets a line about each restart. */
  log: (line: string) => void;
  signal: AbortSignal;
  /**
   * Default: the first restart is immediate; while a process keeps exiting early, the next ones follow after 0.5 s,
   * 1 s, 2 s … at most 30 s.
   */
  pause?: RestartPause | undefined;
};

/** A process that ran this long did not fail while starting. */
const STEADY_MS = 60_000;
const LONGEST_PAUSE_MS = 30_000;

/** Restarts the app whenever it exits, until `signal` is aborted. */
export async function keepRunning(app: Restartable, { log, signal, pause }: Supervision): Promise<void> {
  let early = 0;
  while (!signal.aborted) {
    const startedAt = Date.now();
    const pid = app.pid;
    const exit = await app.exited;
    if (signal.aborted) return;
    early = Date.now() - startedAt > STEADY_MS ? 0 : early + 1;
    const pauseMs = (await pause?.(app.name, exit)) ?? restartPause(early);
    const when = pauseMs === 0 ? 'restarting' : `restarting in ${pauseMs / 1000} s`;
    const where = app.logFile === undefined ? '' : `; its log is ${app.logFile}`;
    log(`${app.name} (process ${pid}) died: ${exit.signal ?? `exit ${exit.code}`}; ${when}${where}`);
    await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) await app.start();
  }
}

/** The pause in milliseconds before a restart, after this many early exits in a row. */
export function restartPause(early: number): number {
  return early <= 1 ? 0 : Math.min(500 * 2 ** (early - 2), LONGEST_PAUSE_MS);
}
