import type { AcceptsTurn, LatencyTurn, Part, Phase, Results, Turn, WorkloadName } from '../results.js';
import { areFull, boundOf, type Cost, coresOf, costOf, spent } from './cost.js';
import { faster, of, ours } from './groups.js';
import { median, ms, share, times, whole } from './markdown.js';

/** One of the targets that were set; ratios are those of two turns in one round. */
export interface Target {
  figure: string;
  limit: Limit;
  /** The part it is read from. */
  from: keyof Results;
  measure(results: Partial<Results>): Measured | undefined;
}

export interface Limit {
  told: string;
  holds(value: number): boolean;
}

export interface Measured {
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
export const LEFT = { times: 1.6, share: 0.8 };

export function atLeast(limit: number, show: (value: number) => string = String): Limit {
  return { told: `≥ ${show(limit)}`, holds: (value) => value >= limit };
}

export function atMost(limit: number, show: (value: number) => string = String): Limit {
  return { told: `≤ ${show(limit)}`, holds: (value) => value <= limit };
}

export function efficiency(name: WorkloadName, limit: number): Target {
  return {
    figure: `(${name}) efficiency, ordered and durable, accept included`,
    limit: atLeast(limit),
    from: name,
    measure: ({ [name]: part }) => {
      const turns = part ? ours(part) : [];
      const by = [crowded(part, turns) ?? bound(part, turns, pace(turns)), part && allowed(part, turns)]
        .filter(Boolean)
        .join('; ');
      return { values: turns.map((turn) => turn.efficiency), show: share, bound: by };
    },
  };
}

/** Where the cores are full only as long as accepting takes a part of them. */
function crowded(part: Part | undefined, turns: Turn[]): string | undefined {
  const phases = turns.flatMap((turn) => turn.phases ?? []);
  if (part === undefined || phases.length === 0) return undefined;
  const cores = coresOf(part.machine);
  const [storing, after] = [phases.map((both) => both.storing), phases.map((both) => both.after)];
  if (!areFull(busyIn(storing), cores) || areFull(busyIn(after), cores)) return undefined;
  const told = (ones: Phase[]) =>
    `${whole(median(ones.map(({ perSecond: rate }) => rate)))}/s with ${busyIn(ones).toFixed(2)}`;
  return `the machine while they are accepted: ${told(storing)} of ${cores} cores busy; after that ${told(after)}`;
}

function busyIn(phases: Phase[]): number {
  return median(phases.map(({ coresBusy }) => coresBusy));
}

/** The efficiency that the cores allow with the shortest time that the slots do. */
function allowed({ workload: { latencyMs, inFlight }, machine }: Part, turns: Turn[]): string | undefined {
  const cost = costOf(turns);
  const cores = coresOf(machine);
  return cost && `${cores} cores allow ${share((cores * latencyMs) / cost.total / inFlight)}`;
}

export function ratio(name: WorkloadName, other: string, what: string, limit: number): Target {
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

export function perSecond(part: Part | undefined, turns: Turn[]): Measured {
  return { values: turns.map((turn) => turn.perSecond), show: whole, note: bound(part, turns, pace(turns)) };
}

export function latency(key: 'p50' | 'p99', limit: number): Target {
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

export function accepted(what: AcceptsTurn['what'], figure: string): Target {
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
export function moreWorkers(part: Part | undefined): Measured | undefined {
  if (part === undefined) return undefined;
  const [one, two] = [ours(part, 'drain', 1), ours(part, 'drain', 2)];
  const values = faster(two, one);
  const [cost, costOfTwo] = [costOf(one), costOf(two)];
  if (cost === undefined || costOfTwo === undefined) return { values, show: times };
  const cores = coresOf(part.machine);
  const allowed = Math.min(2, (cores - (cost.elsewhere ?? 0)) / cost.busy);
  const ofAllowed = median(values) / allowed;
  const busy = (of: Cost) =>
    `${of.busy.toFixed(2)} of ${cores} cores busy, the workers ${of.busyBy.worker?.toFixed(2)}, ${spent(of)}`;
  return {
    values,
    show: times,
    note: `with one ${busy(cost)}; so two could be ${times(allowed)} as fast, of which ${ofAllowed.toFixed(2)} is reached: ${busy(costOfTwo)}`,
    reached: median(values) >= LEFT.times || ofAllowed >= LEFT.share,
  };
}

export function bound(
  part: { machine: string } | undefined,
  turns: (Turn | LatencyTurn | AcceptsTurn)[],
  otherwise = 'waits',
) {
  const cost = costOf(turns);
  return part && cost && boundOf(cost, coresOf(part.machine), { otherwise });
}

export function costText(who: string, turns: { usage?: Turn['usage'] }[]): string {
  const cost = costOf(turns as Turn[]);
  return cost === undefined ? '' : `${who}: ${spent(cost)}`;
}

/** How far accepting sets the pace. */
function pace(turns: Turn[]): string {
  const stored = median(turns.map(({ storedMs, tookMs }) => storedMs / tookMs));
  return stored > 0.8 ? `accepting, which takes ${(100 * stored).toFixed(0)} % of the time` : 'waits';
}
