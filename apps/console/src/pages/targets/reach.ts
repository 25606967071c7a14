import {
  type Rollout,
  type RolloutCount,
  type RolloutFailure,
  type RolloutTargetFilter,
  RolloutTargetState as State,
} from '@wxa/contracts';

/** The states that a command can change. */
export const CHANGED_BY = {
  retry: [State.ROLLOUT_TARGET_STATE_FAILED, State.ROLLOUT_TARGET_STATE_SKIPPED],
  skip: [
    State.ROLLOUT_TARGET_STATE_PENDING,
    State.ROLLOUT_TARGET_STATE_WAITING,
    State.ROLLOUT_TARGET_STATE_FAILED,
  ],
} as const;

export type Command = keyof typeof CHANGED_BY;

/** How many targets a command concerns: exactly, or at most so many. */
export interface Reach {
  targets: number;
  isExact: boolean;
}

/**
 * The targets of a filter, by the counts that the service maintains. There are counts by state and step of the rollout and of each
 * wave, and of each failure group, but not of groups within a wave: then the smaller number is the most that it can be.
 */
export function reachOf(
  filter: RolloutTargetFilter,
  states: readonly State[],
  { counts, waves }: Pick<Rollout, 'counts' | 'waves'>,
  failures: readonly RolloutFailure[],
): Reach {
  const { wave } = filter;
  const matches = ({ state, step }: Pick<RolloutCount, 'state' | 'step'>) =>
    states.includes(state) &&
    (filter.states.length === 0 || filter.states.includes(state)) &&
    (filter.steps.length === 0 || filter.steps.includes(step));
  const ofWave = wave === 0 ? counts : (waves.find((one) => one.wave === wave)?.counts ?? []);
  const byState = sum(ofWave.filter(matches));
  const isByCause = filter.reason !== '' || filter.errcode !== 0 || filter.title !== '';
  const isOne = filter.appids.length > 0;
  if (!isByCause) return limited(byState, filter.appids.length, !isOne);
  const ofCause = failures.filter(
    (group) =>
      matches(group) &&
      (filter.reason === '' || filter.reason === group.reason) &&
      (filter.errcode === 0 || filter.errcode === group.errcode) &&
      (filter.title === '' || filter.title === group.title),
  );
  if (failures.length >= MAX_GROUPS && ofCause.length === 0)
    return limited(byState, filter.appids.length, false);
  const isOfGroup = ({ state, step }: RolloutCount) =>
    ofCause.some((group) => group.state === state && group.step === step);
  const byCause = Math.min(sum(ofCause), sum(ofWave.filter(isOfGroup)));
  return limited(byCause, filter.appids.length, wave === 0 && !isOne);
}

/** ListRolloutFailures returns no more groups than this. */
const MAX_GROUPS = 100;

function limited(targets: number, appids: number, isExact: boolean): Reach {
  return { targets: appids === 0 ? targets : Math.min(targets, appids), isExact: isExact || targets === 0 };
}

function sum(counts: readonly { count: number }[]): number {
  return counts.reduce((total, { count }) => total + count, 0);
}
