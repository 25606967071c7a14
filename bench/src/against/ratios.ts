import { spread, sum } from '../load/numbers.js';
import { markdownTable, medianWithRange, threeDigits } from '../report/table.js';
import type { Process, Quantiles, Usage } from '../results.js';

/** What one build did in one round: a wave of workload (a), commits at a steady rate, and a rollout if it has them. */
export interface Round {
  wave: Usage;
  /** Until all operations of the wave were accepted. */
  storedSeconds?: number;
  /** From the call of the gateway to the start of the HTTP request, at the steady rate. */
  startMs: Quantiles;
  /** Its operations are targets. */
  rollout?: Usage;
}

/** The rounds of both builds; those of one index followed each other. */
export interface Rounds {
  theirs: Round[];
  ours: Round[];
}

type Figure = (round: Round) => number | undefined;

const perSecond = ({ operations, seconds }: Usage) => operations / seconds;
/** All of them by default; simulator and caller are the same programs for both builds. */
const cpuMs = ({ cpuSeconds, operations }: Usage, names = Object.keys(cpuSeconds)) =>
  (1000 * sum(names.map((name) => cpuSeconds[name as Process] ?? 0))) / operations;
const walBytes = ({ postgres, operations }: Usage) => postgres.walBytes / operations;

export const ACCEPTS = 'accepts per second';
export const CPU = 'CPU of all processes, ms per operation';

export const FIGURES = {
  'operations per second': ({ wave }) => perSecond(wave),
  [ACCEPTS]: ({ wave, storedSeconds }) => storedSeconds && wave.operations / storedSeconds,
  [CPU]: ({ wave }) => cpuMs(wave),
  'CPU of the gateway, ms per operation': ({ wave }) => cpuMs(wave, ['gateway']),
  'CPU of the worker, ms per operation': ({ wave }) => cpuMs(wave, ['worker']),
  'CPU of PostgreSQL, ms per operation': ({ wave }) => cpuMs(wave, ['PostgreSQL']),
  'CPU of Kafka, ms per operation': ({ wave }) => cpuMs(wave, ['Kafka']),
  'WAL bytes per operation': ({ wave }) => walBytes(wave),
  'transactions per operation': ({ wave }) => wave.postgres.transactions / wave.operations,
  'accept → HTTP start, p50, ms': ({ startMs }) => startMs.p50,
  'accept → HTTP start, p99, ms': ({ startMs }) => startMs.p99,
  'rollout: targets per second': ({ rollout }) => rollout && perSecond(rollout),
  'rollout: CPU of all processes, ms per target': ({ rollout }) => rollout && cpuMs(rollout),
  'rollout: CPU of PostgreSQL, ms per target': ({ rollout }) => rollout && cpuMs(rollout, ['PostgreSQL']),
  'rollout: WAL bytes per target': ({ rollout }) => rollout && walBytes(rollout),
} as const satisfies Record<string, Figure>;

/** The ratio of each round that both builds have, ours divided by theirs. */
export function ratiosOf({ theirs, ours }: Rounds, figure: Figure): number[] {
  return ours.flatMap((round, i) => {
    const [one, other] = [round, theirs[i]].map((of) => of && figure(of));
    return one === undefined || other === undefined ? [] : one / other;
  });
}

/** A row for each figure that both builds have, with their ratio. */
export function ratioTable(names: Record<keyof Rounds, string>, rounds: Rounds): string {
  const rows = Object.entries<Figure>(FIGURES).flatMap(([name, figure]) => {
    const ratios = ratiosOf(rounds, figure);
    if (ratios.length === 0) return [];
    const { median, min, max } = spread(ratios);
    const [theirs, ours] = [rounds.theirs, rounds.ours].map((all) =>
      medianWithRange(all.map(figure) as number[], threeDigits),
    );
    return [[name, theirs, ours, `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`]];
  });
  return markdownTable(['', names.theirs, names.ours, 'ratio'], rows);
}
