import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from './logging/messages.js';
import { milliseconds } from './settings/fields.js';

/** After the calls in flight, a process still publishes its events and closes its connections. */
const AFTER_CALLS_MS = 2_500;
const MIN_GRACE_MS = 3_000;
/** npm forwards a signal that the terminal has already sent to the process itself. */
const DUPLICATE_MS = 1_000;

/** The settings of a shutdown. */
export const shutdownSettings = {
  SHUTDOWN_DELAY_MS: milliseconds(0, { min: 0 }),
  SHUTDOWN_GRACE_MS: milliseconds(9_500, { min: MIN_GRACE_MS }),
};

/** What a process that runs does to end. */
export interface Stoppable {
  /** Reports the process as not ready; it still serves. */
  drain(): void;
  /**
   * Starts no new work, lets calls in flight finish for `callsMs`, then closes everything. Resolves to whether they all
   * finished.
   */
  stop(callsMs: number): Promise<boolean>;
}

/**
 * On SIGTERM or SIGINT: drains, serves for SHUTDOWN_DELAY_MS, then stops within SHUTDOWN_GRACE_MS. Exits with 0 if everything
 * finished and with 1 if something was cut. A further signal after 1 s exits at once with 1.
 * @param running undefined while the process starts: it then exits at once.
 */
export function stopOnSignal(
  logger: Logger,
  settings: { SHUTDOWN_DELAY_MS: number; SHUTDOWN_GRACE_MS: number },
  running: () => Stoppable | undefined,
): void {
  let signalledAt: number | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    if (signalledAt !== undefined) {
      if (performance.now() - signalledAt > DUPLICATE_MS) process.exit(1);
      return;
    }
    signalledAt = performance.now();
    logger.info({ signal }, 'stopping');
    void shutDown(logger, settings, running()).then((isFinished) => {
      const durationMs = Math.round(performance.now() - (signalledAt ?? 0));
      logger.info({ signal, cut: !isFinished, duration_ms: durationMs }, 'stopped');
      process.exit(isFinished ? 0 : 1);
    });
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

async function shutDown(
  logger: Logger,
  { SHUTDOWN_DELAY_MS: delayMs, SHUTDOWN_GRACE_MS: graceMs }: Parameters<typeof stopOnSignal>[1],
  process: Stoppable | undefined,
): Promise<boolean> {
  if (process === undefined) return true;
  process.drain();
  await delay(delayMs);
  const isFinished = await Promise.race([
    process.stop(graceMs - AFTER_CALLS_MS).catch((error: unknown) => {
      logger.error({ error: String(error) }, 'shutdown failed');
      return false;
    }),
    delay(graceMs, false),
  ]);
  return isFinished;
}

/** Waits for work that is to end. Resolves to whether it ended within `ms`, without an error. */
export function endsWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  const ended = work.then(
    () => true,
    () => false,
  );
  return Promise.race([ended, delay(ms, false, { ref: false })]);
}
