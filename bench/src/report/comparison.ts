import { CONTENDERS, OURS } from '../contenders/contender-list.js';
import { median, sum } from '../load/numbers.js';
import type { ComparisonPart, ContenderTurn, Results, WorkloadName } from '../results.js';
import { variantOf } from './groups.js';
import { markdownTable, type Row, wholeNumber } from './table.js';
import { cpuPerOperation } from './usage-table.js';
import { ABOUT, shape } from './workload.js';

const WORKLOADS: WorkloadName[] = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
/** In the others most of the time is WeChat's, so that an operation's share of idle servers hides its cost. */
const METERED: WorkloadName[] = ['a', 'b', 'c', 'h'];

/** What each contender reaches in each workload, in one table, and what an operation costs, in another. */
export function comparisonSection(results: Partial<Results>): string[] {
  const measured = (names: WorkloadName[]) =>
    names.flatMap((name) => {
      const part = results[name];
      return part === undefined ? [] : [{ name, part }];
    });
  const all = measured(WORKLOADS);
  if (all.length === 0) return [];
  return [
    '## Comparison',
    all.map(({ name, part }) => `* ${description(name, part)}`).join('\n'),
    'Operations per second:',
    matrix(all.flatMap(rowsOf), rateOf),
    'CPU of all processes per operation, ms:',
    matrix(measured(METERED).flatMap(rowsOf), (turns) =>
      cpuPerOperation(turns.flatMap(({ usage }) => usage ?? [])),
    ),
  ];
}

function description(name: WorkloadName, { workload, at, loadBefore }: ComparisonPart): string {
  const source = `[results](results/${name}.json) of ${at.slice(0, 16).replace('T', ' ')}, load average ${loadBefore}`;
  return `(${name}) ${shape(workload)} (${source}). ${ABOUT[name]}`;
}

/** A row has the turns of all contenders in one workload and, of this product, in one variant. */
function rowsOf({ name, part }: { name: WorkloadName; part: ComparisonPart }): Row<ContenderTurn>[] {
  const rows = new Map<string, Row<ContenderTurn>>();
  for (const turn of part.turns) {
    const title = `(${name}) ${variantOf(turn).join('; ')}`.trim();
    const row = rows.get(title) ?? { title, turns: [] };
    row.turns.push(turn);
    rows.set(title, row);
  }
  return [...rows.values()];
}

function matrix(rows: Row<ContenderTurn>[], cell: (turns: ContenderTurn[]) => string): string {
  const titles = CONTENDERS.map(({ name, title }) => (name === OURS ? `**${title}**` : title));
  const cells = rows.map(({ title, turns }) => [
    title,
    ...CONTENDERS.map(({ name }) => turns.filter((turn) => turn.name === name)).map((own) =>
      own.length === 0 ? '' : cell(own),
    ),
  ]);
  return markdownTable(['', ...titles], cells);
}

/** The rate, and what the ledger shows to be wrong. */
function rateOf(turns: ContenderTurn[]): string {
  const total = (value: (turn: ContenderTurn) => number) => sum(turns.map(value));
  const wrong = [
    [total(({ outOfOrder }) => outOfOrder), 'lanes out of order'],
    [total(({ twice }) => twice), 'executed twice'],
    [total(({ jobs, done }) => jobs - done), 'not executed'],
  ] as const;
  const found = wrong.filter(([count]) => count > 0).map(([count, what]) => `${wholeNumber(count)} ${what}`);
  return [wholeNumber(median(turns.map(({ perSecond }) => perSecond))), ...found].join('; ');
}
