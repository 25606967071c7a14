import { setTimeout as pause } from 'node:timers/promises';
import type { Child } from './child.js';
import { withProgress } from './progress.js';
import { StackError } from './stack-error.js';

/** A gateway took more than a minute on two cores with a load average of 60. */
const READY_MS = 120_000;

export type WaitOptions = { name: string; timeoutMs: number; signal?: AbortSignal | undefined };

/**
 * Calls `probe` every 50 ms until it does not throw. After `timeoutMs` it throws a StackError with the name and
 * the last error of the probe. Throws the signal's reason if it is aborted.
 */
export async function waitUntil<T>(probe: () => Promise<T>, options: WaitOptions): Promise<T> {
  const deadline = Date.now() + options.timeoutMs;
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      return await probe();
    } catch (error) {
      if (Date.now() > deadline) throw notReady(options, error);
    }
    await pause(50);
  }
}

/** Resolves when `probe` does. Rejects as soon as the process has exited, with the reason from its log, or after 2 minutes. */
export async function untilReady(
  child: Child,
  probe: () => Promise<void>,
  outside: AbortSignal | undefined,
): Promise<void> {
  const over = new AbortController();
  const signal = outside ? AbortSignal.any([outside, over.signal]) : over.signal;
  const ready = waitUntil(probe, { name: child.name, timeoutMs: READY_MS, signal });
  try {
    await withProgress(`Starting ${child.name}`, Promise.race([ready, child.failure()]));
  } finally {
    over.abort();
  }
}

/** Settles like `task`, but rejects with the signal's reason as soon as it is aborted. */
export function orAborted<T>(task: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return task;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    // The handlers are attached even if the signal is already aborted: a failure caused by the abort must not count as unhandled.
    task.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    if (signal.aborted) abort();
  });
}

function notReady(options: WaitOptions, error: unknown): StackError {
  const last = error instanceof Error ? error.message : String(error);
  return new StackError(`${options.name} was not ready within ${options.timeoutMs / 1000} s (${last}).`);
}
