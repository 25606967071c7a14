import type { NewRolloutTarget, RolloutSpec } from '@wxa/contracts';
import type { Violation } from '@wxa/methods';

/** The violations of a specification, at most 100; field names as in `spec.waves[0].count` have no prefix here: `waves[0].count`. */
export function specViolations(spec: RolloutSpec): Violation[] {
  throw new Error(`not implemented: ${spec}`);
}

/** The violations of a new target, at most 100, its merged requests included. */
export function targetViolations(target: NewRolloutTarget, spec: RolloutSpec): Violation[] {
  throw new Error(`not implemented: ${[target, spec]}`);
}
