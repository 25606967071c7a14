import type { OperationError } from '@wxa/contracts';
import type { RolloutContext } from '../rollout.js';
import type { OperationFacts, Target, TargetFacts } from '../target.js';

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
  /** WeChat refused the speed-up with 89405: no further ones until the snapshot has some left. */
  isSpeedUpRefused: boolean;
  /** The mini-program is to be read into the inventory. */
  needsRead: boolean;
}

/** What a move means for the rollout besides the target itself. */
export type Effects = Partial<Omit<Move, 'target' | 'change'>>;

const NO_EFFECTS: Required<Effects> = {
  stepResult: null,
  isCompleted: false,
  releasesAppid: false,
  submissions: 0,
  speedUps: 0,
  platformError: null,
  isSpeedUpRefused: false,
  needsRead: false,
};

/** No move. */
export const unchanged = (target: Target): Move => ({ target, change: 'none', ...NO_EFFECTS });

/** The same state, looked at again at another time. */
export const postponed = (target: Target, dueAt: Date): Move => ({
  target: { ...target, dueAt },
  change: 'due',
  ...NO_EFFECTS,
});

/** A state that is not final. What `to` does not name is kept, except the wait, its time and the error. */
export function moved(target: Target, to: Partial<Target>, effects: Effects = {}): Move {
  return {
    target: { ...target, waitsFor: null, dueAt: null, error: null, ...to },
    change: 'moved',
    ...NO_EFFECTS,
    ...effects,
  };
}

type FinalState = 'SUCCEEDED' | 'FAILED' | 'SKIPPED' | 'CANCELLED';

const RESULT_OF: Record<FinalState, Move['stepResult']> = {
  SUCCEEDED: 'passed',
  FAILED: 'failed',
  SKIPPED: null,
  CANCELLED: null,
};

/** A final state: the mini-program is free for other rollouts. */
export function completed(
  target: Target,
  state: FinalState,
  error: OperationError | null,
  effects: Effects = {},
): Move {
  return moved(
    target,
    { state, error, completions: target.completions + 1, holdsAppid: false },
    { stepResult: RESULT_OF[state], ...effects, isCompleted: true, releasesAppid: target.holdsAppid },
  );
}

/** PENDING again under a new idempotency key. */
export function restarted(target: Target, to: Partial<Target> = {}, effects: Effects = {}): Move {
  return moved(target, { state: 'PENDING', attempt: target.attempt + 1, ...to }, effects);
}

/** The part of a target that waits until a time; PENDING if that time has come. */
export function waiting(waitsFor: NonNullable<Target['waitsFor']>, until: Date, now: Date): Partial<Target> {
  return until <= now
    ? { state: 'PENDING', waitsFor: null, dueAt: null }
    : { state: 'WAITING', waitsFor, dueAt: until };
}

/** A final state, which only RetryRollout and SkipRolloutTargets leave. */
export function hasEnded({ state }: Pick<Target, 'state'>): boolean {
  return Object.hasOwn(RESULT_OF, state);
}

/** Neither final nor with an operation in progress or in doubt. */
export function isIdle({ state, waitsFor }: Pick<Target, 'state' | 'waitsFor'>): boolean {
  return state === 'PENDING' || (state === 'WAITING' && waitsFor !== 'OPERATION');
}

export const after = (time: Date, ms: number): Date => new Date(time.getTime() + ms);

/** What a move is computed from. */
export interface Situation {
  target: Target;
  facts: TargetFacts;
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

/** A member of the proto3 JSON of a result that is a list; empty if it is none. */
export const listOf = (value: unknown, name: string): unknown[] => {
  const list = memberOf(value, name);
  return Array.isArray(list) ? list : [];
};

export const listIn = ({ operation }: Ended, name: string): unknown[] => listOf(operation.result, name);

/** More names make an error no clearer. */
const MAX_NAMES = 5;

/** Names for an error. */
export const names = (all: readonly string[]): string =>
  all.slice(0, MAX_NAMES).join(', ') + (all.length > MAX_NAMES ? `, and ${all.length - MAX_NAMES} more` : '');
