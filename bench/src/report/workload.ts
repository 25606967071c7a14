import { OURS } from '../contenders/field.js';
import { median, sum } from '../load/numbers.js';
import type { Part, Turn, Workload, WorkloadName } from '../results.js';
import { faster, type Group, groupsOf, ours } from './groups.js';
import { type Column, middle, ms, seconds, share, times, turnsTable, whole } from './table.js';
import { usageTable } from './usage-table.js';

/** What a workload shows. */
const ABOUT: Record<WorkloadName, string> = {
  a: 'WeChat is slow, as it usually is, and there are twice as many mini-programs as calls in flight.',
  b: 'More mini-programs and calls in flight: the machine sets the pace, not WeChat.',
  c: 'WeChat answers at once: the workload measures the overhead of each contender.',
  d: 'One mini-program: each call waits for the one before. Contenders without order are left out.',
  e: 'One mini-program has a third of all operations. Ours also runs without it, in the same round.',
  f: 'WeChat answers a part of all calls with -1; the call is then retried.',
  g: 'Ours in an empty table and, in the same round, in one with a day of operations.',
  h: `Several workers. All operations are accepted and published before the workers start; the first fifth is their
warm-up.`,
  kill: `The worker is killed with SIGKILL when half is done, and started again. Ours reconciles the calls of the dead
worker when their leases have expired. graphile-worker repeats such jobs after 4 hours and pg-boss after 15 minutes
(their defaults), whether or not they were executed; the table does not count those repetitions.`,
};

export function workloadSection(name: WorkloadName, part: Part): string[] {
  const groups = groupsOf(part);
  const { kill } = part.workload;
  return [
    kill ? '## (kill) Worker killed' : `## (${name}) ${shape(part.workload)}`,
    ...(kill ? [`${shape(part.workload)}.`] : []),
    ABOUT[name],
    kill ? killTable(groups) : speedTable(part, groups),
    ...Object.entries(part.leftOut ?? {}).map(([who, why]) => `Left out: ${who}, since ${why}.`),
    ...particulars(part, groups),
    ...usageTable(groups),
  ];
}

function shape({ kill, busy, skewed, history, ...workload }: Workload): string {
  const { latencyMs, miniPrograms, inFlight, each, rounds } = workload;
  return [
    `L = ${latencyMs} ms`,
    miniPrograms === 1
      ? `one mini-program, ${each} operations`
      : `${whole(miniPrograms)} mini-programs × ${each}`,
    ...(skewed === undefined ? [] : [`one more with ${skewed}`]),
    `${inFlight} in flight`,
    ...(busy === undefined ? [] : [`${whole(100 * busy)} % answered -1`]),
    ...(history === undefined ? [] : [`${whole(history)} operations stored before`]),
    kill ? 'a kill -9' : `${rounds} rounds`,
  ].join(', ');
}

const total = (value: (turn: Turn) => number) => (turns: Turn[]) => sum(turns.map(value));

function speedTable(part: Part, groups: Group[]): string {
  return turnsTable('', groups, [
    ['jobs', ([turn]) => whole(turn?.jobs ?? 0)],
    ['efficiency', middle(({ efficiency }) => efficiency, share)],
    ['jobs/s', middle(({ perSecond }) => perSecond, whole)],
    ['ours ÷ it', (turns) => (turns[0]?.name === OURS ? '' : ratioTo(ours(part), turns))],
    ['all stored after', (turns) => seconds(median(turns.map(({ storedMs }) => storedMs)))],
    ['order kept', (turns) => orderOf(part.workload, turns)],
    ['twice', total(({ twice }) => twice)],
    ['not done', total(({ jobs, done }) => jobs - done)],
  ]);
}

function ratioTo(usual: Turn[], turns: Turn[]): string {
  return usual.length === 0 ? '' : times(median(faster(usual, turns)));
}

function orderOf({ miniPrograms, skewed = 0 }: Workload, turns: Turn[]): string {
  const wrong = sum(turns.map(({ outOfOrder }) => outOfOrder));
  if (wrong > 0) return `no: ${whole(wrong)} lanes`;
  const most = Math.max(...turns.map(({ jobs }) => jobs));
  return most <= miniPrograms + Math.min(1, skewed) ? 'not tested' : 'yes';
}

function killTable(groups: Group[]): string {
  return turnsTable('', groups, [
    ['jobs', ([turn]) => whole(turn?.jobs ?? 0)],
    ['not done a minute later', total(({ jobs, done }) => jobs - done)],
    ['twice', total(({ twice }) => twice)],
    ['mini-programs out of order', total(({ outOfOrder }) => outOfOrder)],
    ['last effect after', ([turn]) => seconds(turn?.tookMs ?? Number.NaN)],
  ]);
}

/** Figures that only some workloads have. */
function particulars({ workload }: Part, groups: Group[]): string[] {
  const lane = seconds((workload.skewed ?? 0) * workload.latencyMs);
  const some = (has: (turn: Turn) => unknown, title: string, columns: Column<Turn>[]) =>
    groups.some(({ turns }) => turns.some(has)) ? [title, turnsTable('', groups, columns)] : [];
  return [
    ...some(({ gapMs }) => gapMs, 'Milliseconds between the end of one call and the start of the next:', [
      ['p50', middle(({ gapMs }) => gapMs?.p50)],
      ['p99', middle(({ gapMs }) => gapMs?.p99)],
      ['p99.9', middle(({ gapMs }) => gapMs?.p999)],
    ]),
    ...some(({ skew }) => skew, `The calls of the skewed mini-program take ${lane}, one after the other:`, [
      ['its lane took', middle(({ skew }) => skew?.tookMs, seconds)],
      ['efficiency of it', middle(({ skew }) => skew?.efficiency, share)],
      [
        'all others took',
        middle(({ skew, variant, tookMs }) => skew?.othersMs ?? (variant && tookMs), seconds),
      ],
    ]),
    ...some(({ retries }) => retries, 'Retries after -1:', [
      ['calls for a job', middle(({ calls, done }) => calls && calls / done)],
      ['wait after it, p50', middle(({ retries }) => retries?.waitMs.p50, ms)],
      ['p99', middle(({ retries }) => retries?.waitMs.p99, ms)],
      ['longest total wait of one mini-program', middle(({ retries }) => retries?.longestLaneMs, seconds)],
    ]),
  ];
}
