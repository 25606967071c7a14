import type { Logger } from './process.js';

/** On an uncaught exception or an unhandled rejection: one fatal line with its message and frames, then exit 1. */
export function exitOnUncaught(logger: Logger): void {
  const exit = (what: string) => (error: unknown) => {
    logger.fatal(describe(error), what);
    process.exit(1);
  };
  process.on('uncaughtException', exit('uncaught exception'));
  process.on('unhandledRejection', exit('unhandled rejection'));
}

/** Not the value itself: it could be or have a secret. */
function describe(error: unknown): { error: string; frames: string[] } {
  if (!(error instanceof Error)) return { error: `a value of type ${typeof error}`, frames: [] };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { error: `${error.name}: ${error.message}`, frames: frames.map((line) => line.trim()) };
}
