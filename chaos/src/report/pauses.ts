import type { FaultRecord } from '../history.js';

/** The longest allowed pause after a broker is killed. */
export const LONGEST_PAUSE_MS = 20_000;
/** By then consumers and producers have found the restarted broker. */
const AFTERWARDS_MS = 10_000;

/**
 * The longest time without an outcome while a broker was down or shortly afterwards, in milliseconds.
 * @param outcomesAt when outcomes were settled, or consumed, in any order.
 */
export function longestPause(outcomesAt: readonly number[], faults: readonly FaultRecord[]): number {
  const away = faults.filter(({ name }) => name === 'broker killed');
  const times = outcomesAt.toSorted((a, b) => a - b);
  const pauses = times.slice(1).map((at, i) => ({ from: times[i] ?? at, to: at }));
  const meant = pauses.filter(({ from, to }) =>
    away.some((fault) => from < fault.to + AFTERWARDS_MS && to > fault.from),
  );
  return Math.max(0, ...meant.map(({ from, to }) => to - from));
}
