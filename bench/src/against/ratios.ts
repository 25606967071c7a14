import { spread, sum } from '../load/numbers.js';
import { medianWithRange, table, threeDigits } from '../report/table.js';
import type { Process, Quantiles, Usage } from '../results.js';

/** What one build did in one round: a wave of workload (a), then commits at a steady rate. */
export interface Round {
  /** The wave. */
  usage: Usage;
  /** From the call of the gateway to the start of the HTTP request, at the steady rate. */
  startMs: Quantiles;
}

/** The rounds of both builds; those of one index followed each other. */
export interface Rounds {
  theirs: Round[];
  ours: Round[];
}

const cpu =
  (...names: Process[]) =>
  ({ usage: { cpuSeconds, operations } }: Round) =>
    (1000 * sum(names.map((name) => cpuSeconds[name] ?? 0))) / operations;

/** The simulator and the caller are the same program for both builds, but more calls cost them more. */
const ALL: Process[] = ['gateway', 'worker', 'PostgreSQL', 'Kafka', 'simulator', 'caller'];

export const FIGURES: Record<string, (round: Round) => number> = {
  'operations per second': ({ usage }) => usage.operations / usage.seconds,
  'CPU of all processes, ms per operation': cpu(...ALL),
  'CPU of the gateway, ms': cpu('gateway'),
  'CPU of the worker, ms': cpu('worker'),
  'CPU of PostgreSQL, ms': cpu('PostgreSQL'),
  'CPU of Kafka, ms': cpu('Kafka'),
  'WAL bytes per operation': ({ usage }) => usage.postgres.walBytes / usage.operations,
  'transactions per operation': ({ usage }) => usage.postgres.transactions / usage.operations,
  'accept → HTTP start, p50, ms': ({ startMs }) => startMs.p50,
  'accept → HTTP start, p99, ms': ({ startMs }) => startMs.p99,
};

/** The ratio of each round, ours divided by theirs: their median and range. */
export function ratiosOf({ theirs, ours }: Rounds, figure: (round: Round) => number) {
  return spread(ours.flatMap((round, i) => (theirs[i] ? figure(round) / figure(theirs[i]) : [])));
}

/** A row for each figure: both builds, and their ratio. @param commit of the other build */
export function ratioTable(commit: string, rounds: Rounds): string {
  const rows = Object.entries(FIGURES).map(([name, figure]) => {
    const { median, min, max } = ratiosOf(rounds, figure);
    const [theirs = '', ours = ''] = [rounds.theirs, rounds.ours].map((all) =>
      medianWithRange(all.map(figure), threeDigits),
    );
    return [name, theirs, ours, `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`];
  });
  return table(['', commit, 'working tree', 'ratio'], rows);
}
