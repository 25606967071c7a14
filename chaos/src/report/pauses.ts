import type { FaultRecord } from '../history.js';

/** The longest allowed pause after a broker is killed. */
export const LONGEST_PAUSE_MS = 20_000;
/** By then consumers and producers have found the restarted broker. */
const AFTERWARDS_MS = 10_000;
/** Faults that stop outcomes by themselves. */
const OTHER = /worker|PostgreSQL|base backup restored|failover/;
/** A consumer group needs at most its session and its rebalance time-out, 10 s each, to continue without a killed member. */
const GROUP_RECOVERY_MS = 20_000;

interface Span {
  from: number;
  to: number;
}

/**
 * The longest time without an outcome while a broker was down or shortly afterwards, in milliseconds. The time that another
 * fault explains does not count: that of a stopped worker or server, and of the consumer group after it.
 * @param outcomesAt when outcomes were settled, in any order.
 */
export function longestPause(outcomesAt: readonly number[], faults: readonly FaultRecord[]): number {
  const away = faults.filter(({ name }) => name === 'broker killed');
  const others = faults
    .filter(({ name }) => OTHER.test(name))
    .map(({ from, to }) => ({ from, to: to + GROUP_RECOVERY_MS }));
  const times = outcomesAt.toSorted((a, b) => a - b);
  const pauses = times.slice(1).map((at, i) => ({ from: times[i] ?? at, to: at }));
  const meant = pauses.filter(({ from, to }) =>
    away.some((fault) => from < fault.to + AFTERWARDS_MS && to > fault.from),
  );
  return Math.max(0, ...meant.map((pause) => uncovered(pause, others)));
}

/** How much of a span none of the others covers. */
function uncovered(span: Span, others: readonly Span[]): number {
  let left = 0;
  let { from } = span;
  for (const other of others.toSorted((a, b) => a.from - b.from)) {
    left += Math.max(0, Math.min(other.from, span.to) - from);
    from = Math.max(from, other.to);
  }
  return left + Math.max(0, span.to - from);
}
