import type { RolloutHold } from '@wxa/contracts';
import type { PlatformLimits, Progress, RolloutContext } from '../rollout.js';

/** What prevents admissions, recomputed; a hold that lasts keeps its `since`. Empty unless the rollout is RUNNING. */
export function holds(
  context: RolloutContext,
  progress: Progress,
  limits: PlatformLimits,
  now: Date,
): RolloutHold[] {
  throw new Error(`not implemented: ${[context, progress, limits, now]}`);
}

/** The holds other than gates that began and that ended: journal entries HELD and HOLD_CLEARED. */
export function holdChanges(
  before: readonly RolloutHold[],
  after: readonly RolloutHold[],
): { began: RolloutHold[]; cleared: RolloutHold[] } {
  throw new Error(`not implemented: ${[before, after]}`);
}
