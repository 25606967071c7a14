import type { FaultRecord } from '../history.js';

/** A killed broker's work may rest no longer. */
export const LONGEST_PAUSE_MS = 20_000;
/** Consumers and producers have found the broker that is back. */
const AFTERWARDS_MS = 10_000;

/**
 * The longest time without any outcome while a broker was away or shortly afterwards, in milliseconds.
 * @param outcomesAt when outcomes were settled, or heard of, in any order.
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
