import { isFinal } from '../advance/move.js';
import type { WaveProgress } from '../rollout.js';
import type { RolloutStateName } from '../stored-rollout.js';
import { countOf } from './counts.js';

const unfinishedOf = (waves: readonly WaveProgress[]): number => countOf(waves, (count) => !isFinal(count));

/** Whether the last target of a wave has ended; an empty wave has none. */
export function hasWaveEnded(wave: WaveProgress): boolean {
  return wave.targets > 0 && unfinishedOf([wave]) === 0;
}

/** The states that end with the last target; those that are missing do not. */
const ENDS: Partial<Record<RolloutStateName, RolloutStateName>> = {
  RUNNING: 'COMPLETED',
  PAUSED: 'COMPLETED',
  CANCELLING: 'CANCELLED',
};

/** The state after the moves of a turn: a live rollout ends with its last target, also while it is paused, but not while it is open. */
export function stateAfter(
  state: RolloutStateName,
  waves: readonly WaveProgress[],
  isOpen = false,
): RolloutStateName {
  return !isOpen && unfinishedOf(waves) === 0 ? (ENDS[state] ?? state) : state;
}
