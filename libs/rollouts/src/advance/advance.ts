import type { RolloutContext } from '../rollout.js';
import type { Facts, Target } from '../target.js';
import type { Move } from './move.js';

/**
 * The next move of a target: pure and total, exactly one for every target and facts. A target that has nothing to do, or
 * facts that are stale, give `change: 'none'`. In a CANCELLING rollout a target without an operation in progress is CANCELLED.
 */
export function advance(target: Target, facts: Facts, context: RolloutContext, now: Date): Move {
  throw new Error(`not implemented: ${[target, facts, context, now]}`);
}
