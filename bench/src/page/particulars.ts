import type { Part, Turn } from '../results.js';
import type { Group } from './groups.js';
import { middleOf, ms, seconds, share, short, table } from './markdown.js';

type Column = [string, (turn: Turn) => number | undefined, ((value: number) => string)?];

/** What only some workloads have. */
export function particulars({ workload }: Part, groups: Group[]): string[] {
  const lane = seconds((workload.skewed ?? 0) * workload.latencyMs);
  return [
    ...figures('Milliseconds between the end of one call and the start of the next:', groups, [
      ['p50', ({ gapMs }) => gapMs?.p50],
      ['p99', ({ gapMs }) => gapMs?.p99],
      ['p99.9', ({ gapMs }) => gapMs?.p999],
    ]),
    ...figures(`The calls of the skewed one take ${lane}, one after the other:`, groups, [
      ['its lane took', ({ skew }) => skew?.tookMs, seconds],
      ['efficiency of it', ({ skew }) => skew?.efficiency, share],
      ['all others took', ({ skew, variant, tookMs }) => skew?.othersMs ?? (variant && tookMs), seconds],
    ]),
    ...figures('What came of the -1:', groups, [
      ['calls for a job', ({ calls, done }) => calls && calls / done],
      ['wait after it, p50', ({ retries }) => retries?.waitMs.p50, ms],
      ['p99', ({ retries }) => retries?.waitMs.p99, ms],
      ['the most that one mini-program waited', ({ retries }) => retries?.longestLaneMs, seconds],
    ]),
  ];
}

/** A table of those turns that have such figures; nothing where the first column has none. */
function figures(title: string, groups: Group[], columns: Column[]): string[] {
  const [first] = columns;
  if (!groups.some(({ turns }) => turns.some((turn) => first?.[1](turn) !== undefined))) return [];
  const rows = groups.map(({ title: who, turns }) => [
    who,
    ...columns.map(([, value, show = short]) => {
      const values = turns.flatMap((turn) => value(turn) ?? []);
      return values.length === 0 ? '' : middleOf(values, show);
    }),
  ]);
  return [title, table(['', ...columns.map(([name]) => name)], rows)];
}
