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
  show: (value: number) => string;
  values(results: Partial<Results>): number[];
}

const target =
  (bound: Target['bound']) =>
  (figure: string, from: keyof Results, limit: number) =>
  (show: Target['show'], values: Target['values']): Target => ({ figure, bound, limit, from, show, values });
const atLeast = target('≥');
const atMost = target('≤');

function efficiency(name: WorkloadName, limit: number): Target {
  const figure = `(${name}) efficiency, ordered and durable, accept included`;
  return atLeast(figure, name, limit)(share, ({ [name]: part }) => ours(part).map((turn) => turn.efficiency));
}

function ratio(name: WorkloadName, other: string, what: string, limit: number): Target {
  const figure = `(${name}) operations a second over those of ${what}`;
  return atLeast(
    figure,
    name,
    limit,
  )(times, ({ [name]: part }) => faster(ours(part), part?.turns.filter((turn) => turn.name === other) ?? []));
}

function startLatency(key: 'p50' | 'p99', limit: number): Target {
  const figure = `accept → HTTP start at half load, ${key}`;
  return atMost(
    figure,
    'latency',
    limit,
  )(ms, ({ latency }) =>
    (latency?.turns ?? []).filter(({ load }) => load === 'half').map((turn) => turn.ms[key]),
  );
}

function accepted(what: AcceptsTurn['what'], figure: string): Target {
  return atLeast(
    figure,
    'accepts',
    0.6,
  )(share, ({ accepts: { turns } = { turns: [] as AcceptsTurn[] } }) =>
    faster(
      turns.filter((turn) => turn.what === what),
      turns.filter((turn) => turn.what === 'echo'),
    ),
  );
}

const TARGETS: Target[] = [
  efficiency('a', 0.9),
  ratio('a', 'nest-each-message', '`eachMessage`', 75),
  ratio('a', 'graphile-worker', 'graphile-worker, ordered', 3),
  ratio('a', 'bullmq', 'BullMQ, unordered', 1),
  atMost(
    '(a) Postgres transactions for an operation',
    'a',
    0.2,
  )(share, ({ a }) =>
    ours(a).flatMap(({ usage }) => (usage ? usage.postgres.transactions / usage.operations : [])),
  ),
  efficiency('b', 0.7),
  ratio('b', 'bullmq', 'BullMQ, unordered', 1),
  ratio('b', 'graphile-worker', 'graphile-worker, ordered', 8),
  atLeast(
    '(c) operations a second in one worker process, all accepted before it began',
    'c',
    4_000,
  )(whole, ({ c }) => ours(c, 'drain').map(({ perSecond }) => perSecond)),
  atLeast(
    '(c) the same while they are being accepted',
    'c',
    4_000,
  )(whole, ({ c }) => ours(c).map(({ perSecond }) => perSecond)),
  atMost(
    '(d) from the end of one call to the start of the next, p50',
    'd',
    8,
  )(ms, ({ d }) => ours(d).flatMap(({ gapMs }) => gapMs?.p50 ?? [])),
  atLeast(
    '(e) the skewed lane: n·L over the time it took',
    'e',
    0.95,
  )(share, ({ e }) => ours(e).flatMap(({ skew }) => skew?.efficiency ?? [])),
  atMost(
    '(e) time of the others, with the skewed one over without it',
    'e',
    1.05,
  )(times, ({ e }) =>
    against(ours(e), ours(e, 'alone'), ({ skew }, { tookMs }) => skew && skew.othersMs / tookMs),
  ),
  atMost(
    '(g) time with the history over that in an empty table',
    'g',
    1.1,
  )(times, ({ g }) =>
    against(ours(g, 'history'), ours(g, 'empty'), (one, other) => one.tookMs / other.tookMs),
  ),
  atLeast(
    '(h) 2 workers against 1',
    'h',
    1.6,
  )(times, ({ h }) => faster(ours(h, 'drain', 2), ours(h, 'drain', 1))),
  startLatency('p50', 10),
  startLatency('p99', 40),
  accepted('worker stopped', 'accepts a second over those of a bare gRPC server, no worker running'),
  accepted('worker running', 'the same while one worker executes them'),
];

/** Each target with the median and range of what was measured. */
export function targetsSection(results: Partial<Results>): string[] {
  const rows = TARGETS.map(({ figure, bound, limit, from, values, show }) => {
    const measured = values(results);
    const wanted = `${bound} ${limit.toLocaleString('en-US')}`;
    if (measured.length === 0) return [figure, wanted, `not measured: \`--only ${from}\``, ''];
    const reached = bound === '≥' ? median(measured) >= limit : median(measured) <= limit;
    return [figure, wanted, middleOf(measured, show), reached ? 'yes' : '**no**'];
  });
  const reached = rows.filter(([, , , is]) => is === 'yes').length;
  const count = `Of ${rows.length} targets ${reached} are reached.`;
  return ['## Targets', count, table(['figure', 'target', 'measured', 'reached'], rows)];
}
