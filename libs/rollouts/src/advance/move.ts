import type { OperationError } from '@wxa/contracts';
import type { Target } from '../target.js';

/** What a turn does with one target, and what follows for the rollout. */
export interface Move {
  /** The target afterwards. */
  target: Target;
  /** `none`: nothing to write. `due`: only `dueAt` changed, which is no news. `moved`: step, state or data changed. */
  change: 'none' | 'due' | 'moved';
  /** How the execution of the step that the target was in ended; null if it has not ended, or counts as neither. */
  stepResult: 'passed' | 'failed' | null;
  /** The move leads to a final state: RolloutTargetCompleted, with the new `completions`. */
  isCompleted: boolean;
  /** The move frees the mini-program for other rollouts. */
  releasesAppid: boolean;
  /** Audits submitted and sped up by the operation that ended. */
  submissions: 0 | 1;
  speedUps: 0 | 1;
  /** The error concerns the platform or the template: pause the rollout (PLATFORM). */
  platformError: OperationError | null;
  /** WeChat refused the submission with 85085: stop wxa/submit_audit. */
  isQuotaRefused: boolean;
  /** WeChat refused the speed-up with 89405: no further ones until the snapshot has some left. */
  isSpeedUpRefused: boolean;
}
