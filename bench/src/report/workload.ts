import { OURS } from '../contenders/contender-list.js';
import { median, sum } from '../load/numbers.js';
import type { BenchWorkload, ComparisonPart, ContenderTurn, WorkloadName } from '../results.js';
import { type Group, groupsOf, ours, speedUps } from './groups.js';
import { factor, inSeconds, medianCell, share, turnsTable, wholeNumber } from './table.js';
import { usageTable } from './usage-table.js';

/** The purpose of each workload. */
export const ABOUT: Record<WorkloadName, string> = {
  a: 'WeChat is as slow as usual, and there are twice as many mini-programs as calls in flight.',
  b: 'The machine is the limit, not WeChat.',
  c: 'WeChat responds immediately: the overhead of each contender.',
  d: 'Each call waits for the previous one. Contenders without order are excluded.',
  e: 'One mini-program has a third of all operations. This product also runs without it.',
  f: 'Calls that return -1 are retried.',
  g: 'This product in an empty table and in one with a day of operations.',
  h: 'The workers start when all operations are published; the first fifth is their warm-up.',
  kill: `The worker is killed after half of the jobs, and restarted. This product reconciles its calls when their leases have
expired. graphile-worker repeats such jobs after 4 hours and pg-boss after 15 minutes (their defaults), whether or not they were
executed; the table does not count those repetitions.`,
};

export function workloadSection(name: WorkloadName, part: ComparisonPart): string[] {
  const groups = groupsOf(part);
  const { kill } = part.workload;
  return [
    kill ? '## (kill) Worker killed' : `## (${name}) ${shape(part.workload)}`,
    ...(kill ? [`${shape(part.workload)}.`] : []),
    ABOUT[name],
    kill ? killTable(groups) : speedTable(part, groups),
    ...Object.entries(part.excluded ?? {}).map(([who, why]) => `Excluded: ${who}, because ${why}.`),
    ...usageTable(groups),
  ];
}

/** Its numbers in words. */
export function shape({ kill, busy, skewed, history, ...workload }: BenchWorkload): string {
  const { latencyMs, miniPrograms, inFlight, each, rounds } = workload;
  return [
    `L = ${latencyMs} ms`,
    miniPrograms === 1
      ? `one mini-program, ${each} operations`
      : `${wholeNumber(miniPrograms)} mini-programs × ${each}`,
    ...(skewed === undefined ? [] : [`one further with ${skewed}`]),
    `${inFlight} in flight`,
    ...(busy === undefined ? [] : [`${wholeNumber(100 * busy)} % return -1`]),
    ...(history === undefined ? [] : [`${wholeNumber(history)} operations stored before`]),
    kill ? 'one SIGKILL' : `${rounds} rounds`,
  ].join(', ');
}

const total = (value: (turn: ContenderTurn) => number) => (turns: ContenderTurn[]) => sum(turns.map(value));

function speedTable(part: ComparisonPart, groups: Group[]): string {
  return turnsTable('', groups, [
    ['jobs', ([turn]) => wholeNumber(turn?.jobs ?? 0)],
    ['efficiency', medianCell(({ efficiency }) => efficiency, share)],
    ['jobs/s', medianCell(({ perSecond }) => perSecond, wholeNumber)],
    ['this product ÷ it', (turns) => (turns[0]?.name === OURS ? '' : ratioTo(ours(part), turns))],
    ['all stored after', (turns) => inSeconds(median(turns.map(({ storedMs }) => storedMs)))],
    ['order kept', (turns) => orderOf(part.workload, turns)],
    ['executed twice', total(({ twice }) => twice)],
    ['not executed', total(({ jobs, done }) => jobs - done)],
  ]);
}

function ratioTo(usual: ContenderTurn[], turns: ContenderTurn[]): string {
  return usual.length === 0 ? '' : factor(median(speedUps(usual, turns)));
}

function orderOf({ miniPrograms, skewed = 0 }: BenchWorkload, turns: ContenderTurn[]): string {
  const wrong = sum(turns.map(({ outOfOrder }) => outOfOrder));
  if (wrong > 0) return `no: ${wholeNumber(wrong)} lanes`;
  const most = Math.max(...turns.map(({ jobs }) => jobs));
  return most <= miniPrograms + Math.min(1, skewed) ? 'not tested' : 'yes';
}

function killTable(groups: Group[]): string {
  return turnsTable('', groups, [
    ['jobs', ([turn]) => wholeNumber(turn?.jobs ?? 0)],
    ['not executed 60 s later', total(({ jobs, done }) => jobs - done)],
    ['executed twice', total(({ twice }) => twice)],
    ['mini-programs out of order', total(({ outOfOrder }) => outOfOrder)],
    ['last effect after', ([turn]) => inSeconds(turn?.tookMs ?? Number.NaN)],
  ]);
}
