import type { OperationError } from '@wxa/contracts';
import type { RolloutContext } from '../rollout.js';
import type { Facts, OperationFacts, Target } from '../target.js';
import type { Move } from './move.js';

/** What a move is computed from. */
export interface Situation {
  target: Target;
  facts: Facts;
  context: RolloutContext;
  now: Date;
}

/** A situation in which the operation of the target has ended. */
export interface Ended extends Situation {
  operation: OperationFacts;
  endedAt: Date;
}

/** What follows when an operation of a step has ended; the rows of the step table (design, section 4). */
export interface StepRows {
  succeeded(ended: Ended): Move;
  /** Undefined: FAILED with the error. */
  failed(ended: Ended, error: OperationError): Move | undefined;
  /** Retention has deleted the operation before its result was read. */
  deleted(situation: Situation): Move;
}

/** A member of the proto3 JSON of a result; undefined if there is none. */
export function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}
