import { sum } from '../numbers.js';
import type { Process, Usage } from '../results.js';
import { median, short, whole } from './markdown.js';

/** What operations cost in CPU, by the middle of all rounds. */
export interface Cost {
  /** Milliseconds for one operation, which is seconds for 1,000. */
  each: Partial<Record<Process, number>>;
  total: number;
  /** Cores that were busy, on the whole and of each process. */
  busy: number;
  busyBy: Partial<Record<Process, number>>;
  /** Cores that everything else on the machine took; undefined where that was not measured. */
  elsewhere: number | undefined;
}

/** In the order in which tables and charts tell of them. */
export const PROCESSES: Process[] = [
  'gateway',
  'worker',
  'PostgreSQL',
  'Kafka',
  'Redis',
  'simulator',
  'caller',
];

/** From this share on a core counts as busy all the time: a turn has a beginning and an end. */
const BUSY = 0.85;
/** Less of the cores than this is no disturbance. */
const LITTLE = 0.03;
/** These run on one core at most, each. */
const SINGLE: Process[] = ['gateway', 'worker', 'simulator', 'caller'];

export function costOf(turns: { usage?: Usage }[]): Cost | undefined {
  const usages = turns.flatMap(({ usage }) => usage ?? []);
  if (usages.length === 0) return undefined;
  const elsewhere = usages.flatMap(({ elsewhereCpuSeconds: spent, seconds }) =>
    spent === undefined ? [] : spent / seconds,
  );
  const all = ({ cpuSeconds }: Usage) => sum(Object.values(cpuSeconds));
  const by = (value: (usage: Usage, name: Process) => number) =>
    Object.fromEntries(
      PROCESSES.filter((name) => usages.some(({ cpuSeconds }) => cpuSeconds[name] !== undefined)).map(
        (name) => [name, median(usages.map((usage) => value(usage, name)))],
      ),
    );
  return {
    each: by(({ cpuSeconds, operations }, name) => (1000 * (cpuSeconds[name] ?? 0)) / operations),
    total: median(usages.map((usage) => (1000 * all(usage)) / usage.operations)),
    busy: median(usages.map((usage) => all(usage) / usage.seconds)),
    busyBy: by(({ cpuSeconds, seconds }, name) => (cpuSeconds[name] ?? 0) / seconds),
    elsewhere: elsewhere.length === 0 ? undefined : median(elsewhere),
  };
}

/** "2 cores, AMD EPYC, Node v20" */
export function coresOf(machine: string): number {
  return Number.parseInt(machine, 10);
}

/** What bounds it, as far as CPU tells. @param else what it is where no CPU is busy. */
export function boundOf(cost: Cost, cores: number, { workers = 1, otherwise = 'waits' } = {}): string {
  const { busy: own, elsewhere = 0 } = cost;
  const others = elsewhere < LITTLE * cores ? '' : `, everything else took ${elsewhere.toFixed(2)}`;
  const busy = `${own.toFixed(2)} of ${cores} cores busy${others}`;
  if (areFull(own + elsewhere, cores))
    return `the machine: ${busy}; ${spent(cost)}: ${whole((1000 * cores) / cost.total)}/s at most`;
  const full = SINGLE.find((name) => (cost.busyBy[name] ?? 0) >= BUSY * (name === 'worker' ? workers : 1));
  if (full !== undefined)
    return `the ${full}, which runs on one core: ${cost.busyBy[full]?.toFixed(2)} of it busy (${busy})`;
  return `${otherwise}; not the CPU: ${busy}`;
}

export function areFull(busy: number, cores: number): boolean {
  return busy >= BUSY * cores;
}

/** "1.62 ms of CPU for an operation" */
export function spent({ total }: Cost): string {
  return `${short(total)} ms of CPU for an operation`;
}
