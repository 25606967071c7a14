import type { Logger } from './messages.js';

const SQLSTATE = /^[0-9A-Z]{5}$/;

/**
 * The fields of a line about a failed statement: its name, which libs/store notes on the error of a prepared one, and
 * Postgres's code.
 */
export function queryFailure(error: unknown): { statement?: string; sqlstate?: string; error: string } {
  const { statement, code } = (error ?? {}) as { statement?: unknown; code?: unknown };
  return {
    ...(typeof statement === 'string' && { statement }),
    ...(typeof code === 'string' && SQLSTATE.test(code) && { sqlstate: code }),
    error: String(error),
  };
}

/** A query that is polled: it does not reject, and its first failure in a row is logged. */
export function polled(logger: Pick<Logger, 'warn'>, query: () => Promise<void>): () => Promise<void> {
  let isFailing = false;
  return async () => {
    try {
      await query();
      isFailing = false;
    } catch (error) {
      if (!isFailing) logger.warn(queryFailure(error), 'postgres query failed');
      isFailing = true;
    }
  };
}
