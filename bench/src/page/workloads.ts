import { OURS } from '../contenders/field.js';
import { spread } from '../contenders/figures.js';
import type { Part, Results, Turn, Workload, WorkloadName } from '../results.js';
import { bars } from './chart.js';
import { faster, type Group, groupsOf, ours } from './groups.js';
import {
  type Cell,
  image,
  median,
  middleOf,
  seconds,
  share,
  short,
  sum,
  table,
  times,
  whole,
} from './markdown.js';
import type { Section } from './section.js';
import { costChart, usageTables } from './usage.js';

/** What a workload shows, in a sentence or two. */
const ABOUT: Record<WorkloadName, string> = {
  a: 'WeChat is slow, as it is, and there are twice as many mini-programs as calls may be in flight.',
  b: 'A larger crowd: what is left of the machine sets the pace, not WeChat.',
  c: 'WeChat answers at once: what is measured is what each contender costs by itself.',
  d: 'One mini-program: each call waits for the one before. Who keeps no order has no chain.',
  e: 'One mini-program has a third of all operations; ours also without it, in the same round.',
  f: 'WeChat answers a part of all calls with -1, which is to be tried again.',
  g: 'Ours in an empty table and, in the same round, in one with a day of operations.',
  h: `Workers beside each other. All operations are accepted and published before they start; the first fifth is their
warm-up.`,
  kill: `The worker is killed without warning when half is done, and started again. Ours asks WeChat about what the dead
one held, once its lease is over. graphile-worker gives such jobs out again after 4 hours and pg-boss after 15 minutes
(their defaults), whether or not they had their effect: what is then done twice is not in the table.`,
};

/** Workloads with a chart of who is how fast. */
const CHARTED: WorkloadName[] = ['a', 'b', 'c', 'f', 'h'];

export function workloadSection(name: WorkloadName, part: Part, results: Partial<Results>): Section {
  const groups = groupsOf(part);
  const [tables, charts] = [
    [part.workload.kill ? killTable(groups) : speedTable(name, part, groups, results)],
    [],
  ];
  const section: Section = { lines: [...tables, ...extra(part, groups)], charts };
  if (CHARTED.includes(name)) {
    section.charts.push([`${name}-speed`, speedChart(name, part, groups)]);
    section.lines.push(image(`${name}-speed`, `Operations a second of each contender at (${name})`));
    const chart = costChart(`(${name})`, groups);
    if (chart !== undefined) {
      section.charts.push([`${name}-cpu`, chart]);
      section.lines.push(image(`${name}-cpu`, `CPU of an operation by process at (${name})`));
    }
  }
  return {
    lines: [
      name === 'kill' ? '## A worker killed' : `## (${name}) ${shape(part.workload)}`,
      ...(name === 'kill' ? [`${shape(part.workload)}.`] : []),
      ABOUT[name],
      ...section.lines,
      ...usageTables(groups),
    ],
    charts: section.charts,
  };
}

function shape({
  latencyMs,
  miniPrograms,
  inFlight,
  each,
  rounds,
  kill,
  busy,
  skewed,
  history,
}: Workload): string {
  return [
    `L = ${latencyMs} ms`,
    miniPrograms === 1
      ? `one mini-program, ${each} operations`
      : `${whole(miniPrograms)} mini-programs × ${each}`,
    ...(skewed === undefined ? [] : [`one more with ${skewed}`]),
    `${inFlight} in flight`,
    ...(busy === undefined ? [] : [`${short(100 * busy)} % answered -1`]),
    ...(history === undefined ? [] : [`${whole(history)} operations stored before`]),
    kill ? 'a kill -9' : `${rounds} rounds`,
  ].join(', ');
}

function speedTable(name: WorkloadName, part: Part, groups: Group[], results: Partial<Results>): string {
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

/** What only some workloads have. */
function extra({ workload }: Part, groups: Group[]): string[] {
  const chains = groups.filter(({ turns }) => turns.some(({ gapMs }) => gapMs !== undefined));
  const skews = groups.filter(({ turns }) =>
    turns.some(({ skew }) => skew !== undefined || turns[0]?.variant === 'alone'),
  );
  const called = groups.filter(({ turns }) => turns.some(({ calls }) => calls !== undefined));
  const of = (turns: Turn[], value: (turn: Turn) => number | undefined, show = short) => {
    const values = turns.flatMap((turn) => value(turn) ?? []);
    return values.length === 0 ? '' : middleOf(values, show);
  };
  return [
    ...(chains.length === 0
      ? []
      : [
          'Milliseconds between the end of one call and the start of the next:',
          table(
            ['', 'p50', 'p99', 'p99.9'],
            chains.map(({ title, turns }) => [
              title,
              of(turns, ({ gapMs }) => gapMs?.p50),
              of(turns, ({ gapMs }) => gapMs?.p99),
              of(turns, ({ gapMs }) => gapMs?.p999),
            ]),
          ),
        ]),
    ...(skews.length === 0
      ? []
      : [
          `The lane of the skewed one takes ${seconds((workload.skewed ?? 0) * workload.latencyMs)} at least, its calls being one after the other:`,
          table(
            ['', 'its lane took', 'efficiency of it', 'all others took'],
            skews.map(({ title, turns }) => [
              title,
              of(turns, ({ skew }) => skew?.tookMs, seconds),
              of(turns, ({ skew }) => skew?.efficiency, share),
              of(turns, ({ skew, tookMs }) => skew?.othersMs ?? tookMs, seconds),
            ]),
          ),
        ]),
    ...(called.length === 0
      ? []
      : [
          'Calls for each job done:',
          table(
            ['', 'calls'],
            called.map(({ title, turns }) => [title, of(turns, ({ calls, done }) => (calls ?? 0) / done)]),
          ),
        ]),
  ];
}

function speedChart(name: WorkloadName, { workload }: Part, groups: Group[]): string {
  const rows = groups.map(({ label, entry, turns }) => {
    const { median: value, least, most } = spread(turns.map(({ perSecond }) => perSecond));
    return { label, value, least, most, strong: entry.name === OURS };
  });
  const unit = `operations a second: the middle of ${workload.rounds} rounds, and from the least to the most`;
  return bars(`(${name}) ${shape(workload)}`, unit, rows, whole);
}
