import { median } from '../numbers.js';
import type { AcceptsTurn, Results, WorkloadName } from '../results.js';
import { against, faster, ours } from './groups.js';
import { middleOf, ms, share, table, times, whole } from './table.js';

/** A limit of the median of all rounds; ratios are those of two turns in one round. */
interface Target {
  figure: string;
  bound: '≥' | '≤';
  limit: number;
  /** The part that measures it. */
  from: keyof Results;
  values(results: Partial<Results>): number[];
  show: (value: number) => string;
}

const efficiency = (name: WorkloadName, limit: number): Target => ({
  figure: `(${name}) efficiency, ordered and durable, accept included`,
  bound: '≥',
  limit,
  from: name,
  values: ({ [name]: part }) => ours(part).map((turn) => turn.efficiency),
  show: share,
});

const ratio = (name: WorkloadName, other: string, what: string, limit: number): Target => ({
  figure: `(${name}) operations a second over those of ${what}`,
  bound: '≥',
  limit,
  from: name,
  values: ({ [name]: part }) => faster(ours(part), part?.turns.filter((turn) => turn.name === other) ?? []),
  show: times,
});

const pace = (figure: string, variant?: 'drain'): Target => ({
  figure,
  bound: '≥',
  limit: 4_000,
  from: 'c',
  values: ({ c }) => ours(c, variant).map(({ perSecond }) => perSecond),
  show: whole,
});

const startLatency = (key: 'p50' | 'p99', limit: number): Target => ({
  figure: `accept → HTTP start at half load, ${key}`,
  bound: '≤',
  limit,
  from: 'latency',
  values: ({ latency }) =>
    latency?.turns.filter(({ load }) => load === 'half').map((turn) => turn.ms[key]) ?? [],
  show: ms,
});

const accepted = (what: AcceptsTurn['what'], figure: string): Target => ({
  figure,
  bound: '≥',
  limit: 0.6,
  from: 'accepts',
  values({ accepts }) {
    const turnsOf = (name: AcceptsTurn['what']) => accepts?.turns.filter((turn) => turn.what === name) ?? [];
    return faster(turnsOf(what), turnsOf('echo'));
  },
  show: share,
});

const TARGETS: Target[] = [
  efficiency('a', 0.9),
  ratio('a', 'nest-each-message', '`eachMessage`', 75),
  ratio('a', 'graphile-worker', 'graphile-worker, ordered', 3),
  ratio('a', 'bullmq', 'BullMQ, unordered', 1),
  {
    figure: '(a) Postgres transactions for an operation',
    bound: '≤',
    limit: 0.2,
    from: 'a',
    values: ({ a }) =>
      ours(a).flatMap(({ usage }) => (usage ? usage.postgres.transactions / usage.operations : [])),
    show: share,
  },
  efficiency('b', 0.7),
  ratio('b', 'bullmq', 'BullMQ, unordered', 1),
  ratio('b', 'graphile-worker', 'graphile-worker, ordered', 8),
  pace('(c) operations a second in one worker process, all accepted before it began', 'drain'),
  pace('(c) the same while they are being accepted'),
  {
    figure: '(d) from the end of one call to the start of the next, p50',
    bound: '≤',
    limit: 8,
    from: 'd',
    values: ({ d }) => ours(d).flatMap(({ gapMs }) => gapMs?.p50 ?? []),
    show: ms,
  },
  {
    figure: '(e) the skewed lane: n·L over the time it took',
    bound: '≥',
    limit: 0.95,
    from: 'e',
    values: ({ e }) => ours(e).flatMap(({ skew }) => skew?.efficiency ?? []),
    show: share,
  },
  {
    figure: '(e) time of the others, with the skewed one over without it',
    bound: '≤',
    limit: 1.05,
    from: 'e',
    values: ({ e }) =>
      against(ours(e), ours(e, 'alone'), ({ skew }, { tookMs }) => skew && skew.othersMs / tookMs),
    show: times,
  },
  {
    figure: '(g) time with the history over that in an empty table',
    bound: '≤',
    limit: 1.1,
    from: 'g',
    values: ({ g }) =>
      against(ours(g, 'history'), ours(g, 'empty'), (one, other) => one.tookMs / other.tookMs),
    show: times,
  },
  {
    figure: '(h) 2 workers against 1',
    bound: '≥',
    limit: 1.6,
    from: 'h',
    values: ({ h }) => faster(ours(h, 'drain', 2), ours(h, 'drain', 1)),
    show: times,
  },
  startLatency('p50', 10),
  startLatency('p99', 40),
  accepted('worker stopped', 'accepts a second over those of a bare gRPC server, no worker running'),
  accepted('worker running', 'the same while one worker executes them'),
];

/** Each target with the median and range of what was measured. */
export function targetsSection(results: Partial<Results>): string[] {
  const rows = TARGETS.map(({ figure, bound, limit, from, values, show }) => {
    const measured = values(results);
    const target = `${bound} ${limit.toLocaleString('en-US')}`;
    if (measured.length === 0) return [figure, target, `not measured: \`--only ${from}\``, ''];
    const reached = bound === '≥' ? median(measured) >= limit : median(measured) <= limit;
    return [figure, target, middleOf(measured, show), reached ? 'yes' : '**no**'];
  });
  const reached = rows.filter(([, , , is]) => is === 'yes').length;
  return [
    '## Targets',
    `Of ${rows.length} targets ${reached} are reached.`,
    table(['figure', 'target', 'measured', 'reached'], rows),
  ];
}
