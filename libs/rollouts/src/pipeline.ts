import { type RolloutSpec, RolloutStep } from '@wxa/contracts';
import type { Step } from './target.js';

/** The step of a message; null if it is unspecified. */
export function stepOf(step: RolloutStep): Step | null {
  throw new Error(`not implemented: ${step}`);
}

/** The step as the message has it. */
export function toRolloutStep(step: Step): RolloutStep {
  return RolloutStep[`ROLLOUT_STEP_${step}`];
}

/** The steps of a rollout in order, by `first_step` and `last_step`. New targets are PENDING in the first one. */
export function pipelineOf(spec: RolloutSpec, isRollback: boolean): Step[] {
  throw new Error(`not implemented: ${[spec, isRollback]}`);
}

/** The specification with `max_in_flight`, `stop_rules`, `waves`, `first_step` and `last_step` filled in where they are not set. */
export function withDefaults(spec: RolloutSpec): RolloutSpec {
  throw new Error(`not implemented: ${spec}`);
}

/** The `gray_percentage` that a target has reached; 0 if none. */
export function grayPercentageOf(target: { step: Step; part: number }, spec: RolloutSpec): number {
  throw new Error(`not implemented: ${[target, spec]}`);
}
