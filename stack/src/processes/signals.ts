import { constants } from 'node:os';
import { killTied } from './lifeline.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** A Ctrl-C under npm comes twice, from the terminal and from npm; that is one wish. */
const SAME_WISH_MS = 1000;

/**
 * On the first SIGINT, SIGTERM or SIGHUP runs `stop` and exits with `exitCode(signal)` (default 128 + its number);
 * a second one, a second later or more, kills every process of ours at once.
 */
export function stopOnSignal(
  stop: (signal: NodeJS.Signals) => Promise<void>,
  exitCode = (signal: NodeJS.Signals) => 128 + constants.signals[signal],
): void {
  let askedAt: number | undefined;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (askedAt === undefined) {
        askedAt = Date.now();
        void stop(signal).finally(() => process.exit(exitCode(signal)));
      } else if (Date.now() - askedAt > SAME_WISH_MS) {
        killTied();
        process.exit(exitCode(signal));
      }
    });
  }
}

/** Started by npm we end with it: a killed npm passes nothing on, and nobody would ever stop us. */
export function endWithParent(): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
  }, 500).unref();
}
