import { setTimeout as delay } from 'node:timers/promises';
import type { LoggerService } from '@nestjs/common';
import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

const LOG_EVERY_MS = 60_000;
/** Errors that waiting does not end. */
const PERMANENT = new Set(['SchemaBehindError', 'MissingKeyError']);

/** JSON lines on stdout. Never log a token, a ticket, a key or the content of a request. */
export function createLogger(name: string, level: string): Logger {
  return pino({ name, level, base: { name, pid: process.pid } });
}

/** Writes Nest's messages to the same log. */
export function nestLogger(logger: Logger): LoggerService {
  const write =
    (level: 'info' | 'error' | 'warn' | 'debug' | 'trace') => (message: unknown, context?: unknown) =>
      logger[level]({ context }, String(message));
  return {
    log: write('debug'),
    error: write('error'),
    warn: write('warn'),
    debug: write('trace'),
    verbose: write('trace'),
  };
}

/** SIGUSR2 turns the log level `debug` on, and off again: then the level is the configured one, or `info` if that is `debug`. */
export function toggleDebugOnSignal(logger: Logger): void {
  const normal = logger.level === 'debug' ? 'info' : logger.level;
  process.on('SIGUSR2', () => {
    logger.level = logger.level === 'debug' ? normal : 'debug';
    logger.info({ level: logger.level }, 'log level changed');
    logger.debug('debug messages are logged until the next SIGUSR2');
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
        const reason = isAuthenticationFailure(error) ? ': authentication failed' : '';
        logger.warn({ error: logged.error }, `waiting for ${what}${reason}`);
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
