import type { PlatformLimits, Progress, RolloutContext } from '../rollout.js';
import type { Step } from '../target.js';

/** How many PENDING targets of a step may be admitted. */
export interface StepRoom {
  step: Step;
  /** Only targets of waves up to this one. */
  maxWave: number;
  /** At most this many; 1 or more. */
  limit: number;
}

export interface AdmissionPlan {
  /** At most this many operations in this turn, over all steps. */
  room: number;
  /** In the order of admission; steps that are held, or have nothing PENDING, are missing. */
  steps: StepRoom[];
}

/** Which steps may admit how many targets; nothing unless the rollout is RUNNING. */
export function admit(context: RolloutContext, progress: Progress, limits: PlatformLimits): AdmissionPlan {
  throw new Error(`not implemented: ${[context, progress, limits]}`);
}
