import type { Quantiles, RolloutFigures, RolloutsPart } from '../results.js';
import { integer, ms, seconds, table } from './table.js';
import { usageTable } from './usage-table.js';

/** The goals of docs/decisions/rollouts.md, with what was measured. */
const two = ({ p50, p99 }: Quantiles) => `p50 ${ms(p50)}, p99 ${ms(p99)}`;

const within = ({ p50, p99 }: Pick<Quantiles, 'p50' | 'p99'>, most: [p50: number, p99: number]) =>
  p50 <= most[0] && p99 <= most[1];

type Figure = [figure: string, goal: string, measured: string, reached: boolean];

export function rolloutsSection(part: RolloutsPart): string[] {
  const { whole, paced } = part;
  const rows = [...ofLarge(part), ...ofOthers(part)];
  return [
    '## Rollouts',
    `One gateway and one worker; WeChat responds at once, and the waits for its privacy check and its reads are 1 ms. The last two rows
are of a rollout of ${paced.targets} targets with three checks, 10 in flight.`,
    table(
      ['figure', 'goal', 'measured', 'reached'],
      rows.map(([figure, goal, measured, reached]) => [figure, goal, measured, reached ? 'yes' : '**no**']),
    ),
    ...usageTable([{ title: `${integer(whole.targets)} targets`, turns: [whole] }]),
  ];
}

/** The parts that measure further goals of rollouts, with their headings. */
const HEADINGS = {
  'rollout-steps': 'Rollouts: the cost of a step',
  'rollout-rate': 'Rollouts: a rate limit',
  'rollout-live': 'Rollouts: many that wait',
  'rollout-kills': 'Rollouts: killed workers',
};

export const ROLLOUT_PARTS = Object.keys(HEADINGS) as (keyof typeof HEADINGS)[];

export function rolloutFiguresSection(
  name: keyof typeof HEADINGS,
  { workload, figures, usages = [] }: RolloutFigures,
) {
  return [
    `### ${HEADINGS[name]}`,
    workload,
    table(
      ['figure', 'goal', 'measured', 'reached'],
      figures.map(({ figure, goal, measured, isReached }) => [
        figure,
        goal,
        measured,
        isReached ? 'yes' : '**no**',
      ]),
    ),
    ...usageTable(usages),
  ];
}

function ofLarge({ large }: RolloutsPart): Figure[] {
  const of = `of ${integer(large.targets)} targets`;
  const { createMs, startMs, cancelMs, cancelledMs, firstOperationMs, getMs, failuresMs } = large;
  const page = (which: 'firstPageMs' | 'lastPageMs', name: string): Figure => {
    const took = large[which];
    return [`ListRolloutTargets, ${name} page of 50`, 'p50 ≤ 10 ms', two(took), took.p50 <= 10];
  };
  const growth = large.gatewayGrowthMiB;
  return [
    [`CreateRollout ${of}`, '≤ 4 s', seconds(createMs), createMs <= 4_000],
    ['growth of the gateway meanwhile', '≤ 150 MB', `${growth} MiB`, growth <= 143],
    [`StartRollout ${of}, which assigns the waves`, '≤ 3 s', seconds(startMs), startMs <= 3_000],
    ['then the first operation is accepted', '≤ 500 ms', ms(firstOperationMs), firstOperationMs <= 500],
    [`CancelRollout ${of}`, '≤ 100 ms', ms(cancelMs), cancelMs <= 100],
    ['then the rollout is CANCELLED', '≤ 20 s', seconds(cancelledMs), cancelledMs <= 20_000],
    [
      `its ${large.turnMs.turns} turns of 500 moves, upper bounds of the histogram`,
      'p50 ≤ 60 ms, p99 ≤ 150 ms',
      `p50 ≤ ${ms(large.turnMs.p50)}, p99 ≤ ${ms(large.turnMs.p99)}`,
      within(large.turnMs, [60, 150]),
    ],
    [`GetRollout ${of}`, 'p50 ≤ 10 ms', two(getMs), getMs.p50 <= 10],
    page('firstPageMs', 'first'),
    page('lastPageMs', 'last'),
    ['ListRolloutFailures, all failed, 50 causes', '≤ 150 ms', two(failuresMs), failuresMs.p50 <= 150],
  ];
}

function ofOthers({ whole: { targets, perSecond }, paced: { gapMs, watchMs } }: RolloutsPart): Figure[] {
  return [
    [
      `operations per second, ${integer(targets)} targets from COMMIT to VERIFY`,
      '≥ 1,300',
      integer(perSecond),
      perSecond >= 1_300,
    ],
    [
      'end of a step → next operation accepted',
      'p50 ≤ 150 ms, p99 ≤ 600 ms',
      two(gapMs),
      within(gapMs, [150, 600]),
    ],
    ['turn → WatchRollout', 'p50 ≤ 400 ms, p99 ≤ 1 s', two(watchMs), within(watchMs, [400, 1_000])],
  ];
}
