import { type Count, type Failure, type Filter, type Rollout, short } from '../types.js';

/** The states that a command can change, without their prefix. */
export const CHANGED_BY: Readonly<Record<Command, readonly string[]>> = {
  retry: ['FAILED', 'SKIPPED'],
  skip: ['PENDING', 'WAITING', 'FAILED'],
};

export type Command = 'retry' | 'skip';

/** How many targets a command concerns: exactly, or at most so many. */
export interface Reach {
  targets: number;
  isExact: boolean;
}

/**
 * The targets of a filter, by the counts that the service maintains. There are counts by state and step of the rollout and of each
 * wave, and of each failure group, but not of groups within a wave: then the smaller number is the most that it can be.
 * @param failures undefined: they are not read yet.
 */
export function reachOf(
  filter: Filter,
  command: Command,
  { counts, waves }: Pick<Rollout, 'counts' | 'waves'>,
  failures: readonly Failure[] | undefined,
): Reach {
  const { wave = 0, states = [], steps = [], reason = '', errcode = 0, title = '', appids = [] } = filter;
  const changed = CHANGED_BY[command];
  const matches = ({ state, step }: Pick<Count, 'state' | 'step'>) =>
    changed.includes(short(state)) &&
    (states.length === 0 || (state !== undefined && states.includes(state))) &&
    (steps.length === 0 || (step !== undefined && steps.includes(step)));
  const ofWave = (wave === 0 ? counts : waves.find((one) => one.wave === wave)?.counts) ?? [];
  const byState = sum(ofWave.filter(matches));
  const isOne = appids.length > 0;
  if (reason === '' && errcode === 0 && title === '') return limited(byState, appids.length, !isOne);
  if (failures === undefined) return limited(byState, appids.length, false);
  const ofCause = failures.filter(
    (group) =>
      matches(group) &&
      (reason === '' || reason === group.reason) &&
      (errcode === 0 || errcode === group.errcode) &&
      (title === '' || title === group.title),
  );
  if (failures.length >= MAX_GROUPS && ofCause.length === 0) return limited(byState, appids.length, false);
  const isOfGroup = ({ state, step }: Count) =>
    ofCause.some((group) => group.state === state && group.step === step);
  const byCause = Math.min(sum(ofCause), sum(ofWave.filter(isOfGroup)));
  return limited(byCause, appids.length, wave === 0 && !isOne);
}

/** ListRolloutFailures returns no more groups than this. */
const MAX_GROUPS = 100;

function limited(targets: number, appids: number, isExact: boolean): Reach {
  return { targets: appids === 0 ? targets : Math.min(targets, appids), isExact: isExact || targets === 0 };
}

function sum(counts: readonly { count?: number }[]): number {
  return counts.reduce((total, { count }) => total + (count ?? 0), 0);
}

/** The filter that selects exactly the targets of a group. */
export function filterOfGroup({ state, step, reason, errcode, title }: Failure): Filter {
  return {
    ...(state && { states: [state] }),
    ...(step && { steps: [step] }),
    ...{ reason, errcode, title },
  };
}

/** A group that may succeed without any other change. */
export function canRetryAsIs({ state, retryable }: Failure): boolean {
  return short(state) === 'FAILED' && Boolean(retryable);
}
