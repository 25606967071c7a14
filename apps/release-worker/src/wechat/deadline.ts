import type { CircuitBreaker } from './circuit-breaker.js';

export interface DeadlineTools {
  /** Counted from an operation's first claim. */
  deadlineMs: number;
  breaker: Pick<CircuitBreaker, 'openWithinMs'>;
}

/**
 * Milliseconds until the deadline of an operation. Neither time with the circuit breaker open nor time throttled by our
 * own limits counts.
 */
export function untilDeadlineMs(
  { deadlineMs, breaker }: DeadlineTools,
  startedAt: Date,
  throttledMs: number,
): number {
  const ranMs = Math.max(0, Date.now() - startedAt.getTime());
  return deadlineMs - ranMs + throttledMs + breaker.openWithinMs(ranMs);
}
