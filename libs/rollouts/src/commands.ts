import type { Move } from './advance/move.js';
import type { RolloutContext } from './rollout.js';
import type { Step, Target } from './target.js';

/**
 * RetryRollout for one target; undefined if it is left as it is: not FAILED or SKIPPED, or ended before `fromStep`.
 * @param fromStep null means the step in which it ended.
 */
export function retryOf(
  target: Target,
  fromStep: Step | null,
  context: RolloutContext,
  now: Date,
): Move | undefined {
  throw new Error(`not implemented: ${[target, fromStep, context, now]}`);
}

/** SkipRolloutTargets for one target; undefined if it is left as it is: an operation is in progress, or it ended. */
export function skipOf(target: Target): Move | undefined {
  throw new Error(`not implemented: ${[target]}`);
}

/** CancelRollout for one target; undefined if it is left as it is: an operation is in progress, or it ended. */
export function cancelOf(target: Target): Move | undefined {
  throw new Error(`not implemented: ${[target]}`);
}
