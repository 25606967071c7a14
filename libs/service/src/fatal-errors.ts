import type { Logger } from './logging/messages.js';

/** On an uncaught exception or an unhandled rejection: one fatal line with its message and frames, then exit 1. */
export function exitOnUncaught(logger: Logger): void {
  process.on('uncaughtException', (error) => {
    logger.fatal(unexpected(error), 'uncaught exception');
    process.exit(1);
  });
  process.on('unhandledRejection', (error) => {
    logger.fatal(unexpected(error), 'unhandled rejection');
    process.exit(1);
  });
}

/** The fields of a line about an unexpected error: not the value itself, which could be or have a secret. */
export function unexpected(error: unknown): {
  type: string;
  message?: string;
  code?: string;
  stack?: string[];
} {
  if (!(error instanceof Error)) return { type: typeof error };
  const code = 'code' in error && error.code !== undefined ? { code: String(error.code) } : {};
  const stack = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { type: error.name, message: error.message, ...code, stack: stack.map((line) => line.trim()) };
}
