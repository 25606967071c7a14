import type { CircuitBreaker } from './circuit-breaker.js';

/** What a deadline depends on. */
export interface DeadlineTools {
  /** From the first claim of an operation on. */
  deadlineMs: number;
  breaker: Pick<CircuitBreaker, 'openWithinMs'>;
}

/**
 * Until the deadline of an operation, in milliseconds. Time in which WeChat could not be reached does not count, nor does
 * the time that it waited for our own limits.
 */
export function untilDeadlineMs(
  { deadlineMs, breaker }: DeadlineTools,
  startedAt: Date,
  throttledMs: number,
): number {
  const ranMs = Math.max(0, Date.now() - startedAt.getTime());
  return deadlineMs - ranMs + throttledMs + breaker.openWithinMs(ranMs);
}
