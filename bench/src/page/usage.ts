import { OURS } from '../contenders/field.js';
import type { Process, Usage } from '../results.js';
import { stacks } from './chart.js';
import { type Cost, costOf, PROCESSES } from './cost.js';
import { folded, median, short, table, whole } from './markdown.js';
import type { Chart } from './section.js';

/** Who costs more than so many times as much as ours has its bar cut in a chart. */
const CUT = 2.5;

/** Turns of which is told what they used. */
export interface Used {
  title: string;
  label: string;
  entry?: { name: string };
  turns: { usage?: Usage }[];
}

/** What operations used: CPU, Postgres and Kafka; memory for who looks for it. */
export function usageTables(groups: Used[]): string[] {
  const known = groups.flatMap((group) => {
    const cost = costOf(group.turns);
    return cost === undefined
      ? []
      : [{ ...group, cost, usages: group.turns.flatMap(({ usage }) => usage ?? []) }];
  });
  if (known.length === 0) return [];
  const processes = presentIn(known.map(({ cost }) => cost));
  const cpu = table(
    [
      'CPU seconds for 1,000 operations',
      'all',
      ...processes,
      'cores busy',
      'taken by all else',
      'transactions for one',
      'WAL bytes',
      'Kafka bytes',
    ],
    known.map(({ title, cost, usages }) => {
      const each = (value: (usage: Usage) => number) =>
        median(usages.map((usage) => value(usage) / usage.operations));
      return [
        title,
        short(cost.total),
        ...processes.map((name) => (cost.each[name] === undefined ? '' : short(cost.each[name]))),
        cost.busy.toFixed(2),
        cost.elsewhere?.toFixed(2),
        short(each(({ postgres }) => postgres.transactions)),
        whole(each(({ postgres }) => postgres.walBytes)),
        whole(each(({ kafkaBytes }) => kafkaBytes)),
      ];
    }),
  );
  const memory = table(
    ['MiB', ...processes],
    known.map(({ title, usages }) => [title, ...processes.map((name) => memoryOf(usages, name))]),
  );
  return [cpu, folded('Resident memory', memory)];
}

/** CPU of an operation at a workload; none where it was not measured. */
export function costChart(workload: string, groups: Used[]): Chart[] {
  const rows = groups.flatMap(({ label, entry, turns }) => {
    const cost = costOf(turns);
    const strong = entry === undefined || entry.name === OURS;
    return cost === undefined
      ? []
      : [{ label, parts: cost.each as Record<string, number>, total: cost.total, strong, cost }];
  });
  if (!rows.some(({ strong }) => strong)) return [];
  const title = `(${workload}) what an operation costs`;
  const names = presentIn(rows.map(({ cost }) => cost));
  const own = rows.filter(({ strong }) => strong).map(({ cost }) => cost.total);
  const most = CUT * Math.max(...own);
  const cut = rows.some(({ cost }) => cost.total > most) ? '; long bars are cut' : '';
  const unit = `milliseconds of CPU for an operation, by process (seconds for 1,000)${cut}`;
  const about = `CPU of an operation by process at (${workload})`;
  return [{ name: `${workload}-cpu`, about, svg: stacks(title, unit, { rows, names, most }, short) }];
}

function presentIn(costs: Cost[]): Process[] {
  return PROCESSES.filter((name) => costs.some(({ each }) => each[name] !== undefined));
}

function memoryOf(usages: Usage[], name: Process): string {
  const values = usages.flatMap(({ residentMiB }) => residentMiB[name] ?? []);
  return values.length === 0 ? '' : whole(median(values));
}
