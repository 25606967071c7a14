const BUCKET = /^wxa_rollout_turn_duration_seconds_bucket\{le="([^"]+)"\} (\d+)$/gm;

/** How many turns of a worker took at most so many milliseconds, ascending; the last bound is infinite. */
export type TurnTimes = Map<number, number>;

/** @param worker the address of its metrics. */
export async function readTurnTimes(worker: string): Promise<TurnTimes> {
  const text = await (await fetch(`${worker}/metrics`)).text();
  const buckets = [...text.matchAll(BUCKET)];
  return new Map(
    buckets.map(([, le, turns]) => [Number(le?.replace('+Inf', 'Infinity')) * 1000, Number(turns)]),
  );
}

/** The bounds within which half and 99 % of the turns between two readings were. */
export function boundsBetween(before: TurnTimes, after: TurnTimes): Record<'turns' | 'p50' | 'p99', number> {
  const upTo = [...after].map(([ms, turns]) => ({ ms, turns: turns - (before.get(ms) ?? 0) }));
  const all = upTo.at(-1)?.turns ?? 0;
  const bound = (share: number) => upTo.find(({ turns }) => turns >= all * share)?.ms ?? Number.NaN;
  return { turns: all, p50: bound(0.5), p99: bound(0.99) };
}
