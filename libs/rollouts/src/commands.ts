import { completed, isIdle, type Move } from './advance/move.js';
import { startStep } from './advance/start.js';
import { rolloutError } from './failures/reasons.js';
import { isBefore, pipelineOf } from './pipeline.js';
import type { RolloutContext } from './rollout.js';
import type { Step, Target } from './target.js';

/**
 * RetryRollout for one target; undefined if it is left as it is: not FAILED or SKIPPED, or ended before `fromStep`.
 * @param fromStep null means the step in which it ended. A step that the pipeline lacks means its first one.
 */
export function retryOf(
  target: Target,
  fromStep: Step | null,
  context: RolloutContext,
  now: Date,
): Move | undefined {
  if (target.state !== 'FAILED' && target.state !== 'SKIPPED') return undefined;
  if (fromStep !== null && isBefore(target.step, fromStep)) return undefined;
  const step = startOf(target, fromStep, context);
  const to = { ...RESETS[step], attempt: target.attempt + 1 };
  const start = { target, context: { ...context, canSpeedUp: false }, now, at: now };
  const move = startStep(step, start, { ...to, ...kept(target, step) }, { stepResult: null });
  // A release continues with the gray step that failed.
  const isContinued = step === 'RELEASE' && target.step === 'RELEASE';
  return isContinued ? { ...move, target: { ...move.target, part: target.part } } : move;
}

const UNAPPROVED: ReadonlySet<string | undefined> = new Set(['AUDIT_REJECTED', 'AUDIT_WITHDRAWN']);

function startOf(target: Target, fromStep: Step | null, { spec, isRollback }: RolloutContext): Step {
  const wanted = fromStep ?? target.step;
  const isDecided = wanted === 'AUDIT' && (target.auditId === null || UNAPPROVED.has(target.error?.reason));
  const step = isDecided ? 'SUBMIT_AUDIT' : wanted;
  const pipeline = pipelineOf(spec, isRollback);
  return pipeline.includes(step) ? step : (pipeline[0] ?? step);
}

/** The wait for an audit that has timed out continues without a limit: `error` says so. */
function kept(target: Target, step: Step): Partial<Target> {
  return step === 'AUDIT' && target.error?.reason === 'AUDIT_TIMEOUT' ? { error: target.error } : {};
}

const NO_AUDIT = { auditOperationId: null, auditId: null, auditDelayed: false };
const NO_CHECKS = { checkResults: null, checkedItems: null };

/** A gray release stays as it is until a rollback ends it or another one follows. */
const NOT_RELEASED = { isReleased: false };

/** What earlier executions left and a retry from this step must not see. */
const RESETS: Record<Step, Partial<Target>> = {
  COMMIT: { ...NO_AUDIT, ...NO_CHECKS, ...NOT_RELEASED, privacyAt: null },
  CHECK: { ...NO_AUDIT, ...NO_CHECKS, ...NOT_RELEASED },
  SUBMIT_AUDIT: { ...NO_AUDIT, ...NOT_RELEASED },
  AUDIT: NOT_RELEASED,
  RELEASE: NOT_RELEASED,
  ROLL_BACK: {},
  VERIFY: {},
};

/** SkipRolloutTargets for one target; undefined if it is left as it is: an operation is in progress, or it ended. */
export function skipOf(target: Target): Move | undefined {
  if (!isIdle(target) && target.state !== 'FAILED') return undefined;
  return completed(target, 'SKIPPED', rolloutError('TAKEN_OUT', 'taken out by SkipRolloutTargets'));
}

/** CancelRollout for one target; undefined if it is left as it is: an operation is in progress, or it ended. */
export function cancelOf(target: Target): Move | undefined {
  return isIdle(target) ? completed(target, 'CANCELLED', null) : undefined;
}
