import { OURS } from '../contenders/field.js';
import { sum } from '../numbers.js';
import type { Part, Results, Turn, Workload, WorkloadName } from '../results.js';
import { faster, type Group, ours } from './groups.js';
import { type Cell, median, middleOf, seconds, share, table, times, whole } from './markdown.js';

export function speedTable(
  name: WorkloadName,
  part: Part,
  groups: Group[],
  results: Partial<Results>,
): string {
  const told = name === 'a' && results.kill !== undefined;
  const usual = ours(part);
  const head = [
    '',
    'jobs',
    'efficiency',
    'jobs/s',
    'ours ÷ it',
    'all stored after',
    'order kept',
    'twice',
    'not done',
  ];
  const rows = groups.map(({ title, entry, turns }) => {
    const cells: Cell[] = [
      title,
      whole(turns[0]?.jobs ?? 0),
      middleOf(
        turns.map((turn) => turn.efficiency),
        share,
      ),
      middleOf(
        turns.map((turn) => turn.perSecond),
        whole,
      ),
      entry.name === OURS || usual.length === 0 ? '' : times(median(faster(usual, turns))),
      seconds(median(turns.map(({ storedMs }) => storedMs))),
      orderOf(part.workload, turns),
      sum(turns.map(({ twice }) => twice)),
      sum(turns.map(({ jobs, done }) => jobs - done)),
    ];
    return told
      ? [...cells, survived(results.kill?.turns.filter((turn) => turn.name === entry.name) ?? [])]
      : cells;
  });
  return table(told ? [...head, 'survived a [kill -9](#a-worker-killed)'] : head, rows);
}

function orderOf({ miniPrograms, skewed = 0 }: Workload, turns: Turn[]): string {
  const wrong = sum(turns.map(({ outOfOrder }) => outOfOrder));
  if (wrong > 0) return `no: ${whole(wrong)} lanes`;
  const most = Math.max(...turns.map(({ jobs }) => jobs));
  return most <= miniPrograms + Math.min(1, skewed) ? 'not asked for' : 'yes';
}

function survived(turns: Turn[]): string {
  if (turns.length === 0) return '';
  const faults = Object.entries({
    'not done': sum(turns.map(({ jobs, done }) => jobs - done)),
    twice: sum(turns.map(({ twice }) => twice)),
    'lanes out of order': sum(turns.map(({ outOfOrder }) => outOfOrder)),
  }).filter(([, count]) => count > 0);
  return faults.length === 0 ? 'yes' : `no: ${faults.map(([what, count]) => `${count} ${what}`).join(', ')}`;
}

export function killTable(groups: Group[]): string {
  return table(
    ['', 'jobs', 'not done a minute later', 'twice', 'mini-programs out of order', 'last effect after'],
    groups.flatMap(({ title, turns }) =>
      turns.map(({ jobs, done, twice, outOfOrder, tookMs }) => [
        title,
        whole(jobs),
        jobs - done,
        twice,
        outOfOrder,
        seconds(tookMs),
      ]),
    ),
  );
}
