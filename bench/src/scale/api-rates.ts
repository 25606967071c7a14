import { mostInOneSecond } from '../measure.js';

/** A call as the simulator's ledger or the simulation has it. */
export interface Started {
  api: string;
  at: number;
}

/** How one API was called in a wave. */
export interface ApiRate {
  calls: number;
  /** From the first call to the last. */
  perSecond: number;
  mostInOneSecond: number;
}

/** @param calls in the order of their beginning. */
export function ratesOf(calls: Started[]): Record<string, ApiRate> {
  const starts = new Map<string, number[]>();
  for (const { api, at } of calls) {
    const known = starts.get(api);
    if (known) known.push(at);
    else starts.set(api, [at]);
  }
  return Object.fromEntries([...starts].map(([api, ats]) => [api, rateOf(ats)]));
}

function rateOf(starts: number[]): ApiRate {
  const tookMs = (starts.at(-1) ?? 0) - (starts[0] ?? 0);
  const perSecond = Number((((starts.length - 1) * 1000) / tookMs).toFixed(2));
  return { calls: starts.length, perSecond, mostInOneSecond: mostInOneSecond(starts) };
}
