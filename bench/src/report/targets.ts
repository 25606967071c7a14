import { median } from '../load/numbers.js';
import type { AcceptsTurn, Results, WorkloadName } from '../results.js';
import { ours, ratiosByRound, speedUps } from './groups.js';
import { factor, markdownTable, medianWithRange, ms, share, wholeNumber } from './table.js';

type Show = (value: number) => string;
type Values = (results: Partial<Results>) => number[];

/**
 * The row of a target that the median of all rounds must reach; a ratio is that of two turns in one round.
 * @param from the part that measures it. @param limit for example '≥ 0.9'.
 */
function target(from: keyof Results, figure: string, limit: string, show: Show, values: Values) {
  return (results: Partial<Results>): string[] => {
    const measured = values(results);
    if (measured.length === 0) return [figure, limit, `not measured: \`--only ${from}\``, ''];
    const [bound, value = ''] = limit.split(' ');
    const distance = median(measured) - Number(value.replace(',', ''));
    const reached = bound === '≥' ? distance >= 0 : distance <= 0;
    return [figure, limit, medianWithRange(measured, show), reached ? 'yes' : '**no**'];
  };
}

function efficiency(name: WorkloadName, limit: string) {
  const figure = `(${name}) efficiency, ordered and durable, including accepts`;
  return target(name, figure, limit, share, ({ [name]: part }) => ours(part).map((turn) => turn.efficiency));
}

function ratio(name: WorkloadName, other: string, what: string, limit: string) {
  const figure = `(${name}) operations per second compared with ${what}`;
  return target(name, figure, limit, factor, ({ [name]: part }) =>
    speedUps(ours(part), part?.turns.filter((turn) => turn.name === other) ?? []),
  );
}

function startLatency(key: 'p50' | 'p99', limit: string) {
  return target('latency', `accept → HTTP start at half load, ${key}`, limit, ms, ({ latency }) =>
    (latency?.turns ?? []).filter(({ load }) => load === 'half').map((turn) => turn.ms[key]),
  );
}

function accepted(what: AcceptsTurn['what'], figure: string) {
  return target('accepts', figure, '≥ 0.6', share, ({ accepts }) => {
    const turnsOf = (wanted: string) => accepts?.turns.filter((turn) => turn.what === wanted) ?? [];
    return speedUps(turnsOf(what), turnsOf('echo'));
  });
}

const TARGETS = [
  efficiency('a', '≥ 0.9'),
  ratio('a', 'nest-each-message', '`eachMessage`', '≥ 75'),
  ratio('a', 'graphile-worker', 'graphile-worker, ordered', '≥ 3'),
  ratio('a', 'bullmq', 'BullMQ, unordered', '≥ 1'),
  target('a', '(a) Postgres transactions per operation', '≤ 0.2', share, ({ a }) =>
    ours(a).flatMap(({ usage }) => (usage ? usage.postgres.transactions / usage.operations : [])),
  ),
  efficiency('b', '≥ 0.7'),
  ratio('b', 'bullmq', 'BullMQ, unordered', '≥ 1'),
  ratio('b', 'graphile-worker', 'graphile-worker, ordered', '≥ 8'),
  target(
    'c',
    '(c) operations per second, all accepted before the worker started',
    '≥ 4,000',
    wholeNumber,
    ({ c }) => ours(c, 'drain').map(({ perSecond }) => perSecond),
  ),
  target('c', '(c) operations per second while they are being accepted', '≥ 4,000', wholeNumber, ({ c }) =>
    ours(c).map(({ perSecond }) => perSecond),
  ),
  target('d', '(d) from the end of one call to the start of the next, p50', '≤ 8', ms, ({ d }) =>
    ours(d).flatMap(({ gapMs }) => gapMs?.p50 ?? []),
  ),
  target('e', '(e) skewed lane: n·L divided by its time', '≥ 0.95', share, ({ e }) =>
    ours(e).flatMap(({ skew }) => skew?.efficiency ?? []),
  ),
  target(
    'e',
    '(e) time of the other lanes with the skewed lane, divided by without it',
    '≤ 1.05',
    factor,
    ({ e }) =>
      ratiosByRound(ours(e), ours(e, 'alone'), ({ skew }, { tookMs }) => skew && skew.othersMs / tookMs),
  ),
  target('g', '(g) time with the history, divided by that in an empty table', '≤ 1.1', factor, ({ g }) =>
    ratiosByRound(ours(g, 'history'), ours(g, 'empty'), (one, other) => one.tookMs / other.tookMs),
  ),
  target('h', '(h) 2 workers compared with 1', '≥ 1.6', factor, ({ h }) =>
    speedUps(ours(h, 'drain', 2), ours(h, 'drain', 1)),
  ),
  startLatency('p50', '≤ 10'),
  startLatency('p99', '≤ 40'),
  accepted('worker stopped', 'accepts per second compared with a bare gRPC server, no worker running'),
  accepted(
    'worker running',
    'accepts per second compared with a bare gRPC server, while one worker executes them',
  ),
];

/** Each target with the median and the range of its measurements. */
export function targetsSection(results: Partial<Results>): string[] {
  const rows = TARGETS.map((row) => row(results));
  const reached = rows.filter(([, , , isReached]) => isReached === 'yes').length;
  const count = `${reached} of ${rows.length} targets are reached.`;
  return ['## Targets', count, markdownTable(['figure', 'target', 'measured', 'reached'], rows)];
}
