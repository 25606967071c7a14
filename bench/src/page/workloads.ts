import { OURS } from '../contenders/field.js';
import { spread } from '../contenders/figures.js';
import type { Part, Results, Workload, WorkloadName } from '../results.js';
import { bars } from './chart.js';
import { type Group, groupsOf } from './groups.js';
import { image, whole } from './markdown.js';
import { particulars } from './particulars.js';
import type { Chart, Section } from './section.js';
import { killTable, speedTable } from './speed.js';
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
  const { kill } = part.workload;
  const charts = CHARTED.includes(name) ? [speedChart(name, part, groups), ...costChart(name, groups)] : [];
  return {
    lines: [
      ...(kill
        ? ['## A worker killed', `${shape(part.workload)}.`]
        : [`## (${name}) ${shape(part.workload)}`]),
      ABOUT[name],
      kill ? killTable(groups) : speedTable(name, part, groups, results),
      ...leftOut(part),
      ...particulars(part, groups),
      ...charts.map(image),
      ...usageTables(groups),
    ],
    charts,
  };
}

function leftOut({ leftOut = {} }: Part): string[] {
  return Object.entries(leftOut).map(([name, why]) => `Left out: ${name}, since ${why}.`);
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
    ...(busy === undefined ? [] : [`${whole(100 * busy)} % answered -1`]),
    ...(history === undefined ? [] : [`${whole(history)} operations stored before`]),
    kill ? 'a kill -9' : `${rounds} rounds`,
  ].join(', ');
}

function speedChart(name: WorkloadName, { workload }: Part, groups: Group[]): Chart {
  const rows = groups.map(({ label, entry, turns }) => {
    const { median: value, least, most } = spread(turns.map(({ perSecond }) => perSecond));
    return { label, value, least, most, strong: entry.name === OURS };
  });
  const unit = `operations a second: the middle of ${workload.rounds} rounds, and from the least to the most`;
  const about = `Operations a second of each contender at (${name})`;
  return { name: `${name}-speed`, about, svg: bars(`(${name}) ${shape(workload)}`, unit, rows, whole) };
}
