import type { TargetRequest } from '../requests/request-of.js';
import type { RolloutContext } from '../rollout.js';
import type { Facts, Target } from '../target.js';
import type { Move } from './move.js';

/** What the admission of a PENDING target gives. */
export type Admission =
  /** Accept this operation; `move.target` is RUNNING, still with its previous `operationId`. */
  | { kind: 'accept'; request: TargetRequest; move: Move }
  /** No operation: it is not authorized, another rollout holds it, it must wait, or there is nothing to do. */
  | { kind: 'no-operation'; move: Move };

/** Admits a PENDING target for which there is room; any other target is left as it is. */
export function admission(target: Target, facts: Facts, context: RolloutContext, now: Date): Admission {
  throw new Error(`not implemented: ${[target, facts, context, now]}`);
}

/** The target FAILED with REQUEST_ID_TAKEN, because its idempotency key belongs to another caller's operation. */
export function requestIdTaken(target: Target, requestId: string): Move {
  throw new Error(`not implemented: ${[target, requestId]}`);
}
