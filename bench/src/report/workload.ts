import { OURS } from '../contenders/field.js';
import { median, sum } from '../numbers.js';
import type { Part, Turn, Workload, WorkloadName } from '../results.js';
import { faster, type Group, groupsOf, ours } from './groups.js';
import { middleOf, ms, seconds, share, short, table, times, whole } from './table.js';
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

const SPEED = [
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

function speedTable(part: Part, groups: Group[]): string {
  const usual = ours(part);
  const rows = groups.map(({ title, entry, turns }) => {
    const all = (value: (turn: Turn) => number) => turns.map(value);
    return [
      title,
      whole(turns[0]?.jobs ?? 0),
      middleOf(
        all(({ efficiency }) => efficiency),
        share,
      ),
      middleOf(
        all(({ perSecond }) => perSecond),
        whole,
      ),
      entry.name === OURS || usual.length === 0 ? '' : times(median(faster(usual, turns))),
      seconds(median(all(({ storedMs }) => storedMs))),
      orderOf(part.workload, turns),
      sum(all(({ twice }) => twice)),
      sum(all(({ jobs, done }) => jobs - done)),
    ];
  });
  return table(SPEED, rows);
}

function orderOf({ miniPrograms, skewed = 0 }: Workload, turns: Turn[]): string {
  const wrong = sum(turns.map(({ outOfOrder }) => outOfOrder));
  if (wrong > 0) return `no: ${whole(wrong)} lanes`;
  const most = Math.max(...turns.map(({ jobs }) => jobs));
  return most <= miniPrograms + Math.min(1, skewed) ? 'not tested' : 'yes';
}

function killTable(groups: Group[]): string {
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

type Column = [string, (turn: Turn) => number | undefined, ((value: number) => string)?];

/** Figures that only some workloads have. */
function particulars({ workload }: Part, groups: Group[]): string[] {
  const lane = seconds((workload.skewed ?? 0) * workload.latencyMs);
  return [
    ...figures('Milliseconds between the end of one call and the start of the next:', groups, [
      ['p50', ({ gapMs }) => gapMs?.p50],
      ['p99', ({ gapMs }) => gapMs?.p99],
      ['p99.9', ({ gapMs }) => gapMs?.p999],
    ]),
    ...figures(`The calls of the skewed mini-program take ${lane}, one after the other:`, groups, [
      ['its lane took', ({ skew }) => skew?.tookMs, seconds],
      ['efficiency of it', ({ skew }) => skew?.efficiency, share],
      ['all others took', ({ skew, variant, tookMs }) => skew?.othersMs ?? (variant && tookMs), seconds],
    ]),
    ...figures('Retries after -1:', groups, [
      ['calls for a job', ({ calls, done }) => calls && calls / done],
      ['wait after it, p50', ({ retries }) => retries?.waitMs.p50, ms],
      ['p99', ({ retries }) => retries?.waitMs.p99, ms],
      ['longest total wait of one mini-program', ({ retries }) => retries?.longestLaneMs, seconds],
    ]),
  ];
}

/** A table of the turns that have such figures; nothing if the first column has none. */
function figures(title: string, groups: Group[], columns: Column[]): string[] {
  const [first] = columns;
  if (!groups.some(({ turns }) => turns.some((turn) => first?.[1](turn) !== undefined))) return [];
  const rows = groups.map(({ title: who, turns }) => [
    who,
    ...columns.map(([, value, show = short]) =>
      middleOf(
        turns.flatMap((turn) => value(turn) ?? []),
        show,
      ),
    ),
  ]);
  return [title, table(['', ...columns.map(([name]) => name)], rows)];
}
