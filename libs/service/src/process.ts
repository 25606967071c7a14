import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from './logging/messages.js';

/** The version of this product: all packages have the same, also the one in which a bundle is. */
export const { version: VERSION } = createRequire(import.meta.url)('../package.json') as { version: string };

const LOG_EVERY_MS = 60_000;
/** Errors that waiting does not end. */
const PERMANENT = new Set(['SchemaBehindError', 'MissingKeyError']);

/** SIGUSR2 turns the log level `debug` on, and off again: then the level is the configured one, or `info` if that is `debug`. */
export function toggleDebugOnSignal(logger: Logger): void {
  const normal = logger.level === 'debug' ? 'info' : logger.level;
  process.on('SIGUSR2', () => {
    logger.level = logger.level === 'debug' ? normal : 'debug';
    logger.info({ log_level: logger.level }, 'log level changed');
  });
}

/**
 * Attempts something every second until it succeeds. Each failure is logged, the same one at most once a minute. For what a
 * process needs to start. Rejects only if the schema or the keys of the secrets do not fit.
 */
export async function untilItWorks<T>(logger: Logger, what: string, attempt: () => Promise<T>): Promise<T> {
  let logged = { error: '', at: Number.NEGATIVE_INFINITY };
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof Error && PERMANENT.has(error.name)) throw error;
      if (logged.error !== String(error) || performance.now() - logged.at >= LOG_EVERY_MS) {
        logged = { error: String(error), at: performance.now() };
        const reason = isAuthenticationFailure(error) ? { reason: 'authentication failed' } : {};
        logger.warn({ for: what, ...reason, error: logged.error }, 'waiting');
      }
      await delay(1000);
    }
  }
}

/** SQLSTATE class 28 of PostgreSQL, or kafkajs's error. */
function isAuthenticationFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === 'KafkaJSSASLAuthenticationError') return true;
  return 'code' in error && typeof error.code === 'string' && error.code.startsWith('28');
}
