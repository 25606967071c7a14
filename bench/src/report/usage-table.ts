import { median, sum } from '../load/numbers.js';
import type { Process, Usage } from '../results.js';
import { type Column, type Row, threeDigits, turnsTable, wholeNumber } from './table.js';

/** In the order of the columns. */
const PROCESSES: Process[] = ['gateway', 'worker', 'PostgreSQL', 'Kafka', 'Redis', 'simulator', 'caller'];

const all = ({ cpuSeconds }: Usage) => sum(Object.values(cpuSeconds));

/** CPU of all processes per operation in milliseconds, the median of the turns. */
export function cpuPerOperation(usages: Usage[]): string {
  return threeDigits(median(usages.map((usage) => (1000 * all(usage)) / usage.operations)));
}

/** CPU, transactions and WAL per operation, as the median of the turns; empty if no turn was metered. */
export function usageTable(groups: Row<{ usage?: Usage }>[]): string[] {
  const rows = groups
    .map(({ title, turns }) => ({ title, turns: turns.flatMap(({ usage }) => usage ?? []) }))
    .filter(({ turns }) => turns.length > 0);
  if (rows.length === 0) return [];
  const each = (value: (usage: Usage) => number, show: (value: number) => string) => (usages: Usage[]) =>
    show(median(usages.map((usage) => value(usage) / usage.operations)));
  const has = (name: Process) => (usage: Usage) => usage.cpuSeconds[name] !== undefined;
  const cpu = (name: Process): Column<Usage> => {
    const ms = each(({ cpuSeconds }) => 1000 * (cpuSeconds[name] ?? 0), threeDigits);
    return [name, (usages) => (usages.some(has(name)) ? ms(usages) : '')];
  };
  const present = PROCESSES.filter((name) => rows.some(({ turns }) => turns.some(has(name))));
  return [
    turnsTable('CPU per operation, ms', rows, [
      ['all', cpuPerOperation],
      ...present.map(cpu),
      ['cores busy', (usages) => median(usages.map((usage) => all(usage) / usage.seconds)).toFixed(2)],
      ['transactions', each(({ postgres }) => postgres.transactions, threeDigits)],
      ['WAL bytes', each(({ postgres }) => postgres.walBytes, wholeNumber)],
    ]),
  ];
}
