import type { RolloutStopRule } from '@wxa/contracts';
import type { Move } from '../advance/move.js';
import type { Progress, Tally, WaveProgress } from '../rollout.js';
import type { Step } from '../target.js';

/** A rule that fires. */
export interface FiredRule {
  rule: RolloutStopRule;
  /** One sentence with the numbers, for `pause_detail` and the journal. */
  detail: string;
}

/** The first rule that fires; undefined if none does. Call it after the moves of the turn. */
export function stopRules(
  rules: readonly RolloutStopRule[],
  progress: Pick<Progress, 'tally' | 'waves'>,
): FiredRule | undefined {
  throw new Error(`not implemented: ${[rules, progress]}`);
}

/** The tally after moves; `step` is the one that the target was in before the move. */
export function addToTally(tally: Tally, moves: Iterable<{ step: Step; move: Move }>): Tally {
  throw new Error(`not implemented: ${[tally, moves]}`);
}

/** Lowers the numbers in doubt of the last resume to those in doubt now. Call it once a turn, before `stopRules`. */
export function lowerInDoubt(tally: Tally, waves: readonly WaveProgress[]): Tally {
  throw new Error(`not implemented: ${[tally, waves]}`);
}

/** The tally at a start or resume: nothing has ended, and what is in doubt does not count. */
export function newTally(waves: readonly WaveProgress[]): Tally {
  throw new Error(`not implemented: ${[waves]}`);
}
