import type { AcceptsTurn, LatencyTurn, Part, Results, Turn, WorkloadName } from '../results.js';
import { boundOf, type Cost, coresOf, costOf, spent } from './cost.js';
import { against, faster, of, ours } from './groups.js';
import { median, middleOf, ms, share, short, table, times, whole } from './markdown.js';

/** One of the targets that were set; ratios are those of two turns in one round. */
interface Target {
  figure: string;
  limit: Limit;
  /** The part it is read from. */
  from: keyof Results;
  measure(results: Partial<Results>): Measured | undefined;
}

interface Limit {
  told: string;
  holds(value: number): boolean;
}

interface Measured {
  values: number[];
  show(value: number): string;
  /** What bounds it; told where the target is not reached. */
  bound?: string | undefined;
  /** Told in any case. */
  note?: string | undefined;
  /** Where more than the limit says whether it is. */
  reached?: boolean;
}

/** (h): 1.6 of the 2 times that two cores of their own would give; where less is left to them, as much of that. */
const LEFT = { times: 1.6, share: 0.8 };

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
      return { values, show: share, bound: 'batches are small where little comes at once' };
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
      const otherwise =
        'two commits to disk one after the other: what came of the call, then the claim of the next';
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

const NOTHING: Measured = { values: [], show: short };

export function targets(results: Partial<Results>): string {
  const rows = TARGETS.map(({ figure, limit, from, measure }) => {
    const { values, show, ...more } = measure(results) ?? NOTHING;
    if (values.length === 0) return [figure, limit.told, '', `not measured: \`--only ${from}\``, ''];
    const { reached = limit.holds(median(values)), bound: by = '', note = reached ? '' : by } = more;
    return [figure, limit.told, middleOf(values, show), reached ? 'yes' : '**no**', note];
  });
  return table(['figure', 'target', 'measured', 'reached', 'what bounds it'], rows);
}

function atLeast(limit: number, show: (value: number) => string = String): Limit {
  return { told: `≥ ${show(limit)}`, holds: (value) => value >= limit };
}

function atMost(limit: number, show: (value: number) => string = String): Limit {
  return { told: `≤ ${show(limit)}`, holds: (value) => value <= limit };
}

function efficiency(name: WorkloadName, limit: number): Target {
  return {
    figure: `(${name}) efficiency, ordered and durable, accept included`,
    limit: atLeast(limit),
    from: name,
    measure: ({ [name]: part }) => {
      const turns = part ? ours(part) : [];
      return {
        values: turns.map((turn) => turn.efficiency),
        show: share,
        bound: bound(part, turns, pace(turns)),
      };
    },
  };
}

function ratio(name: WorkloadName, other: string, what: string, limit: number): Target {
  return {
    figure: `(${name}) operations a second over those of ${what}`,
    limit: atLeast(limit, (value) => `${value} ×`),
    from: name,
    measure: ({ [name]: part }) => {
      const [turns, others] = part ? [ours(part), of(part, other)] : [[], []];
      const by = [costText('ours', turns), costText('the other', others)].filter(Boolean).join('; ');
      return { values: faster(turns, others), show: times, bound: by };
    },
  };
}

function perSecond(part: Part | undefined, turns: Turn[]): Measured {
  return { values: turns.map((turn) => turn.perSecond), show: whole, note: bound(part, turns, pace(turns)) };
}

function latency(key: 'p50' | 'p99', limit: number): Target {
  return {
    figure: `accept → HTTP start at half load, ${key}`,
    limit: atMost(limit, (value) => `${value} ms`),
    from: 'latency',
    measure: ({ latency: part }) => {
      const turns = part?.turns.filter(({ load }) => load === 'half') ?? [];
      const otherwise = 'the way over two commits to disk, the relay and Kafka, in turn with all others';
      return { values: turns.map((turn) => turn.ms[key]), show: ms, bound: bound(part, turns, otherwise) };
    },
  };
}

function accepted(what: AcceptsTurn['what'], figure: string): Target {
  return {
    figure,
    limit: atLeast(0.6),
    from: 'accepts',
    measure: ({ accepts: part }) => {
      const turnsOf = (name: AcceptsTurn['what']) => part?.turns.filter((turn) => turn.what === name) ?? [];
      const [turns, echo] = [turnsOf(what), turnsOf('echo')];
      const values = turns.flatMap(({ round, perSecond: each }) => {
        const bare = echo.find((turn) => turn.round === round);
        return bare ? each / bare.perSecond : [];
      });
      return { values, show: share, bound: `${bound(part, turns)}; ${costText('the bare one', echo)}` };
    },
  };
}

/** What two workers could do at most: each a core of its own, all others what they take for as many operations. */
function moreWorkers(part: Part | undefined): Measured | undefined {
  if (part === undefined) return undefined;
  const [one, two] = [ours(part, 'drain', 1), ours(part, 'drain', 2)];
  const values = faster(two, one);
  const [cost, costOfTwo] = [costOf(one), costOf(two)];
  if (cost === undefined || costOfTwo === undefined) return { values, show: times };
  const cores = coresOf(part.machine);
  const allowed = Math.min(2, cores / cost.busy);
  const ofAllowed = median(values) / allowed;
  const busy = ({ busy: all, busyBy }: Cost) =>
    `${all.toFixed(2)} of ${cores} cores busy, the workers ${busyBy.worker?.toFixed(2)}`;
  return {
    values,
    show: times,
    note: `with one ${busy(cost)}; so two could be ${times(allowed)} as fast, of which ${ofAllowed.toFixed(2)} is reached: ${busy(costOfTwo)}`,
    reached: median(values) >= LEFT.times || ofAllowed >= LEFT.share,
  };
}

function bound(
  part: { machine: string } | undefined,
  turns: (Turn | LatencyTurn | AcceptsTurn)[],
  otherwise = 'waits',
) {
  const cost = costOf(turns);
  return part && cost && boundOf(cost, coresOf(part.machine), { otherwise });
}

function costText(who: string, turns: { usage?: Turn['usage'] }[]): string {
  const cost = costOf(turns as Turn[]);
  return cost === undefined ? '' : `${who}: ${spent(cost)}`;
}

/** How far accepting sets the pace. */
function pace(turns: Turn[]): string {
  const stored = median(turns.map(({ storedMs, tookMs }) => storedMs / tookMs));
  return stored > 0.8 ? `accepting, which takes ${(100 * stored).toFixed(0)} % of the time` : 'waits';
}
