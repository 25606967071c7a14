import type { Response } from '../api/types.js';

type Summary = Response<'Fleet/GetFleetSummary'>;

/** How many mini-programs there are, and how many run each version, the most frequent first. */
export type Counts = Pick<Summary, 'versions' | 'total' | 'notLive'>;

/** Versions beyond these are one share. */
const NAMED = 6;

/** The most frequent versions, and the others together: all shares are the total. */
export function sharesOf({ versions, total, notLive }: Counts) {
  const named = versions
    .slice(0, NAMED)
    .map(({ userVersion, count }) => ({ version: userVersion, count: Number(count) }));
  const counted = named.reduce((sum, { count }) => sum + count, 0);
  return { named, others: Number(total) - Number(notLive) - counted, notLive: Number(notLive) };
}

/** One colour for each version, the same in every bar: by its place among those of all mini-programs. */
export function colorsOf({ versions }: Counts, palette: readonly string[]): ReadonlyMap<string, string> {
  const names = versions.slice(0, palette.length).map(({ userVersion }) => userVersion);
  return new Map(names.map((name, i) => [name, palette[i] ?? '']));
}
