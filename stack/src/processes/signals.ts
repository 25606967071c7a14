import { constants } from 'node:os';
import { killTied } from './lifeline.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Under npm one Ctrl-C arrives twice, from the terminal and from npm. */
const SAME_REQUEST_MS = 1000;

/**
 * On the first SIGINT, SIGTERM or SIGHUP runs `stop` and exits with `exitCode(signal)` (default 128 + its
 * number). Another signal more than 1 s later kills all child processes immediately.
 */
export function onStopSignal(
  stop: (signal: NodeJS.Signals) => Promise<void>,
  exitCode = (signal: NodeJS.Signals) => 128 + constants.signals[signal],
): void {
  let requestedAt: number | undefined;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (requestedAt === undefined) {
        requestedAt = Date.now();
        void stop(signal).finally(() => process.exit(exitCode(signal)));
      } else if (Date.now() - requestedAt > SAME_REQUEST_MS) {
        killTied();
        process.exit(exitCode(signal));
      }
    });
  }
}

/** Makes this process end with npm, which does not forward a SIGKILL. */
export function endWithParent(): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
  }, 500).unref();
}
