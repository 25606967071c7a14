import { median } from '../load/numbers.js';
import type { AcceptsTurn, Results, WorkloadName } from '../results.js';
import { against, faster, ours } from './groups.js';
import { middleOf, ms, share, table, times, whole } from './table.js';

type Show = (value: number) => string;
type Values = (results: Partial<Results>) => number[];

/**
 * The row of a target, which the median of all rounds has to reach; ratios are those of two turns in one round.
 * @param from the part that measures it. @param limit as '≥ 0.9'.
 */
function target(from: keyof Results, figure: string, limit: string, show: Show, values: Values) {
  return (results: Partial<Results>): string[] => {
    const measured = values(results);
    if (measured.length === 0) return [figure, limit, `not measured: \`--only ${from}\``, ''];
    const [bound, value = ''] = limit.split(' ');
    const distance = median(measured) - Number(value.replace(',', ''));
    const reached = bound === '≥' ? distance >= 0 : distance <= 0;
    return [figure, limit, middleOf(measured, show), reached ? 'yes' : '**no**'];
  };
}

function efficiency(name: WorkloadName, limit: string) {
  const figure = `(${name}) efficiency, ordered and durable, accept included`;
  return target(name, figure, limit, share, ({ [name]: part }) => ours(part).map((turn) => turn.efficiency));
}

function ratio(name: WorkloadName, other: string, what: string, limit: string) {
  const figure = `(${name}) operations a second over those of ${what}`;
  return target(name, figure, limit, times, ({ [name]: part }) =>
    faster(ours(part), part?.turns.filter((turn) => turn.name === other) ?? []),
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
    return faster(turnsOf(what), turnsOf('echo'));
  });
}

const TARGETS = [
  efficiency('a', '≥ 0.9'),
  ratio('a', 'nest-each-message', '`eachMessage`', '≥ 75'),
  ratio('a', 'graphile-worker', 'graphile-worker, ordered', '≥ 3'),
  ratio('a', 'bullmq', 'BullMQ, unordered', '≥ 1'),
  target('a', '(a) Postgres transactions for an operation', '≤ 0.2', share, ({ a }) =>
    ours(a).flatMap(({ usage }) => (usage ? usage.postgres.transactions / usage.operations : [])),
  ),
  efficiency('b', '≥ 0.7'),
  ratio('b', 'bullmq', 'BullMQ, unordered', '≥ 1'),
  ratio('b', 'graphile-worker', 'graphile-worker, ordered', '≥ 8'),
  target('c', '(c) operations a second, all accepted before the worker began', '≥ 4,000', whole, ({ c }) =>
    ours(c, 'drain').map(({ perSecond }) => perSecond),
  ),
  target('c', '(c) the same while they are being accepted', '≥ 4,000', whole, ({ c }) =>
    ours(c).map(({ perSecond }) => perSecond),
  ),
  target('d', '(d) from the end of one call to the start of the next, p50', '≤ 8', ms, ({ d }) =>
    ours(d).flatMap(({ gapMs }) => gapMs?.p50 ?? []),
  ),
  target('e', '(e) the skewed lane: n·L over the time it took', '≥ 0.95', share, ({ e }) =>
    ours(e).flatMap(({ skew }) => skew?.efficiency ?? []),
  ),
  target('e', '(e) time of the others, with the skewed one over without it', '≤ 1.05', times, ({ e }) =>
    against(ours(e), ours(e, 'alone'), ({ skew }, { tookMs }) => skew && skew.othersMs / tookMs),
  ),
  target('g', '(g) time with the history over that in an empty table', '≤ 1.1', times, ({ g }) =>
    against(ours(g, 'history'), ours(g, 'empty'), (one, other) => one.tookMs / other.tookMs),
  ),
  target('h', '(h) 2 workers against 1', '≥ 1.6', times, ({ h }) =>
    faster(ours(h, 'drain', 2), ours(h, 'drain', 1)),
  ),
  startLatency('p50', '≤ 10'),
  startLatency('p99', '≤ 40'),
  accepted('worker stopped', 'accepts a second over those of a bare gRPC server, no worker running'),
  accepted('worker running', 'the same while one worker executes them'),
];

/** Each target with the median and range of what was measured. */
export function targetsSection(results: Partial<Results>): string[] {
  const rows = TARGETS.map((row) => row(results));
  const reached = rows.filter(([, , , is]) => is === 'yes').length;
  const count = `Of ${rows.length} targets ${reached} are reached.`;
  return ['## Targets', count, table(['figure', 'target', 'measured', 'reached'], rows)];
}
