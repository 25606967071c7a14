import type { Results } from '../results.js';
import { against, ours } from './groups.js';
import { median, middleOf, ms, share, short, table, times, whole } from './markdown.js';
import {
  accepted,
  atLeast,
  atMost,
  bound,
  costText,
  efficiency,
  LEFT,
  latency,
  type Measured,
  moreWorkers,
  perSecond,
  ratio,
  type Target,
} from './target.js';

const TARGETS: Target[] = [
  efficiency('a', 0.9),
  ratio('a', 'nest-each-message', '`eachMessage`', 75),
  ratio('a', 'graphile-worker', 'graphile-worker, ordered', 3),
  ratio('a', 'bullmq', 'BullMQ, unordered', 1),
  {
    figure: '(a) Postgres transactions for an operation',
    limit: atMost(0.2),
    from: 'a',
    measure: ({ a }) => {
      const turns = a ? ours(a) : [];
      const values = turns.flatMap(({ usage }) =>
        usage ? usage.postgres.transactions / usage.operations : [],
      );
      return {
        values,
        show: share,
        bound:
          'claims, settlements, accepts and the relay each commit what came together: [one by one](#what-postgresql-does-for-an-operation)',
      };
    },
  },
  efficiency('b', 0.7),
  ratio('b', 'bullmq', 'BullMQ, unordered', 1),
  ratio('b', 'graphile-worker', 'graphile-worker, ordered', 8),
  {
    figure: '(c) operations a second in one worker process, all accepted before it began',
    limit: atLeast(4_000, whole),
    from: 'c',
    measure: ({ c }) => perSecond(c, c ? ours(c, 'drain') : []),
  },
  {
    figure: '(c) the same while they are being accepted',
    limit: atLeast(4_000, whole),
    from: 'c',
    measure: ({ c }) => perSecond(c, c ? ours(c) : []),
  },
  {
    figure: '(d) from the end of one call to the start of the next, p50',
    limit: atMost(8, ms),
    from: 'd',
    measure: ({ d }) => {
      const turns = d ? ours(d) : [];
      const values = turns.flatMap(({ gapMs }) => gapMs?.p50 ?? []);
      const otherwise = 'a commit to disk between two calls: what came of one, with the claim of the next';
      return { values, show: ms, bound: bound(d, turns, otherwise) };
    },
  },
  {
    figure: '(e) the skewed lane: n·L over the time it took',
    limit: atLeast(0.95),
    from: 'e',
    measure: ({ e }) => {
      const turns = e ? ours(e) : [];
      const values = turns.flatMap(({ skew }) => skew?.efficiency ?? []);
      return { values, show: share, bound: bound(e, turns, 'what (d) has between two calls') };
    },
  },
  {
    figure: '(e) the others, beside the skewed one over without it',
    limit: atMost(1.05, times),
    from: 'e',
    measure: ({ e }) => {
      const turns = e ? ours(e) : [];
      const values = against(
        turns,
        e ? ours(e, 'alone') : [],
        ({ skew }, { tookMs }) => skew && skew.othersMs / tookMs,
      );
      return { values, show: times, bound: bound(e, turns) };
    },
  },
  {
    figure: '(g) time with the history over that in an empty table',
    limit: atMost(1.1, times),
    from: 'g',
    measure: ({ g }) => {
      const [turns, empty] = g ? [ours(g, 'history'), ours(g, 'empty')] : [[], []];
      const values = against(turns, empty, (turn, other) => turn.tookMs / other.tookMs);
      return { values, show: times, bound: `${costText('with it', turns)}; ${costText('without', empty)}` };
    },
  },
  {
    figure: '(h) 2 workers against 1',
    limit: atLeast(LEFT.times, (value) => `${value} ×, or ${LEFT.share} of what the CPU left to them allows`),
    from: 'h',
    measure: ({ h }) => moreWorkers(h),
  },
  latency('p50', 10),
  latency('p99', 40),
  accepted('worker stopped', 'accepts a second over those of a bare gRPC server, no worker running'),
  accepted('worker running', 'the same while one worker does them'),
];

const [YES, NO] = ['yes', '**no**'];

const NOTHING: Measured = { values: [], show: short };

export function targets(results: Partial<Results>): string {
  const rows = TARGETS.map(({ figure, limit, from, measure }) => {
    const { values, show, ...more } = measure(results) ?? NOTHING;
    if (values.length === 0) return [figure, limit.told, '', `not measured: \`--only ${from}\``, ''];
    const { reached = limit.holds(median(values)), bound: by = '', note = reached ? '' : by } = more;
    return [figure, limit.told, middleOf(values, show), reached ? YES : NO, note];
  });
  const [yes, no] = [YES, NO].map((word) => rows.filter(([, , , reached]) => reached === word).length);
  const count = `Of ${TARGETS.length} targets ${yes} are reached and ${no} are not.`;
  return `${count}\n\n${table(['figure', 'target', 'measured', 'reached', 'what bounds it'], rows)}`;
}
