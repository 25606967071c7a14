import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from './logger.js';

/** How long what is in flight may take to finish once the process is told to stop. */
const GRACE_MS = 9_500;
/** npm passes on what a terminal has sent to all of its processes already. */
const DUPLICATE_MS = 1_000;

/** On SIGTERM or SIGINT: `stop`, at most 9.5 s, then exit 0. Another one, a second later, ends the process at once. */
export function stopOnSignal(logger: Logger, stop: () => Promise<void>): void {
  let signalledAt: number | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    if (signalledAt !== undefined) {
      if (performance.now() - signalledAt > DUPLICATE_MS) process.exit(1);
      return;
    }
    signalledAt = performance.now();
    logger.info({ signal }, 'stopping');
    void Promise.race([stop(), delay(GRACE_MS)])
      .catch((error: unknown) => logger.error({ error: String(error) }, 'shutdown failed'))
      .finally(() => process.exit(0));
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

/** Tries until it works, telling why not, every second. For what a process needs before it can begin. */
export async function untilItWorks<T>(logger: Logger, what: string, attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof Error && error.name === 'SchemaBehindError') throw error;
      logger.warn({ error: String(error) }, `waiting for ${what}`);
      await delay(1000);
    }
  }
}
