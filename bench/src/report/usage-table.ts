import { median, sum } from '../numbers.js';
import type { Process, Usage } from '../results.js';
import { short, table, whole } from './table.js';

/** In the order of the columns. */
const PROCESSES: Process[] = ['gateway', 'worker', 'PostgreSQL', 'Kafka', 'Redis', 'simulator', 'caller'];

/** CPU, transactions and WAL of one operation, by the median of the turns; nothing if no turn was metered. */
export function usageTable(groups: { title: string; turns: { usage?: Usage }[] }[]): string[] {
  const metered = groups
    .map(({ title, turns }) => ({ title, usages: turns.flatMap(({ usage }) => usage ?? []) }))
    .filter(({ usages }) => usages.length > 0);
  if (metered.length === 0) return [];
  const present = PROCESSES.filter((name) =>
    metered.some(({ usages }) => usages.some(({ cpuSeconds }) => cpuSeconds[name] !== undefined)),
  );
  const rows = metered.map(({ title, usages }) => {
    const each = (value: (usage: Usage) => number) =>
      median(usages.map((usage) => value(usage) / usage.operations));
    const cpuMs = (name: Process) =>
      usages.some(({ cpuSeconds }) => cpuSeconds[name] !== undefined)
        ? short(each(({ cpuSeconds }) => 1000 * (cpuSeconds[name] ?? 0)))
        : '';
    return [
      title,
      short(each(({ cpuSeconds }) => 1000 * sum(Object.values(cpuSeconds)))),
      ...present.map(cpuMs),
      median(usages.map(({ cpuSeconds, seconds }) => sum(Object.values(cpuSeconds)) / seconds)).toFixed(2),
      short(each(({ postgres }) => postgres.transactions)),
      whole(each(({ postgres }) => postgres.walBytes)),
    ];
  });
  const head = ['CPU of an operation, ms', 'all', ...present, 'cores busy', 'transactions', 'WAL bytes'];
  return [table(head, rows)];
}
