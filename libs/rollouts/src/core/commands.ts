import { auditOf, timedOut } from './advance/audit.js';
import { completed, isIdle, type Move, type Situation } from './advance/move.js';
import { continued } from './advance/release.js';
import { startStep } from './advance/start.js';
import { rolloutError } from './failures/reasons.js';
import { isBefore, pipelineOf } from './pipeline.js';
import { hasGrayLeft } from './requests/parts.js';
import type { Step, Target } from './target.js';

/**
 * RetryRollout for one target; undefined if it is left as it is: not FAILED or SKIPPED, or ended before `fromStep`.
 * @param fromStep null means the step in which it ended. A step that the pipeline lacks means its first one.
 */
export function retryOf(situation: Situation, fromStep: Step | null): Move | undefined {
  const { target } = situation;
  if (target.state !== 'FAILED' && target.state !== 'SKIPPED') return undefined;
  if (fromStep !== null && isBefore(target.step, fromStep)) return undefined;
  const step = startOf(situation, fromStep);
  const move = beginAt(step, situation);
  const isContinued = step === 'RELEASE' && target.step === 'RELEASE';
  return isContinued ? { ...move, target: { ...move.target, ...continued(situation) } } : move;
}

/** The move of a target that has applied its settings, has authorized again since and is not submitted yet; undefined for all others. */
export const settingsAgain = (situation: Situation): Move | undefined =>
  hasLostGuide(situation) ? beginAt('SETTINGS', situation) : undefined;

function beginAt(step: Step, situation: Situation): Move {
  const { target, context, now } = situation;
  const to = { ...resets(target, step), driftedDomains: null, attempt: target.attempt + 1 };
  const start = { ...situation, context: { ...context, canSpeedUp: false }, at: now };
  return startStep(step, start, { ...to, ...kept(situation, step) }, { stepResult: null });
}

/** With an authorization WeChat clears the guide. */
function hasLostGuide(
  { target, facts, context: { spec, isRollback } }: Situation,
  step = target.step,
): boolean {
  const isAgain = facts.isAuthorizedAgain || target.error?.reason === 'NOT_AUTHORIZED';
  const isBetween = step === 'CHECK' || step === 'SUBMIT_AUDIT';
  return isAgain && isBetween && pipelineOf(spec, isRollback).includes('SETTINGS');
}

/** Rejected or withdrawn, or deleted by retention: then nothing tells its verdict. */
function isUnapproved(situation: Situation): boolean {
  const state = auditOf(situation)?.state;
  return state !== 'OPEN' && state !== 'APPROVED';
}

function startOf(situation: Situation, fromStep: Step | null): Step {
  const { target, context } = situation;
  const { spec, isRollback } = context;
  const ended = fromStep ?? target.step;
  const wanted = ended === 'AUDIT' && isUnapproved(situation) ? 'SUBMIT_AUDIT' : ended;
  const pipeline = pipelineOf(spec, isRollback);
  const looksAgain = spec.continuous?.onlyUnreleased === true && pipeline.includes('READINESS');
  if (fromStep === null && looksAgain && mayBeLiveElsewhere(target, wanted)) return 'READINESS';
  const step = fromStep === null && hasLostGuide(situation, wanted) ? 'SETTINGS' : wanted;
  return pipeline.includes(step) ? step : (pipeline[0] ?? step);
}

/** Another platform may have released it while it had not authorized this one. */
const mayBeLiveElsewhere = ({ error }: Target, step: Step): boolean =>
  error?.reason === 'NOT_AUTHORIZED' && isBefore(step, 'AUDIT');

/** The wait for an audit that has timed out continues without a limit: `error` says so. */
function kept(situation: Situation, step: Step): Partial<Target> {
  return step === 'AUDIT' ? { error: timedOut(situation) } : {};
}

const NO_AUDIT = { auditOperationId: null, auditId: null, auditDelayed: false };
const NO_CHECKS = { checkResults: null, checkedItems: null };

/**
 * What earlier executions left and a retry from this step must not see. A release and the share of a gray release stay: they last
 * until a rollback ends them.
 */
const RESETS: Record<Step, Partial<Target>> = {
  READINESS: { ...NO_AUDIT, ...NO_CHECKS, privacyAt: null },
  COMMIT: { ...NO_AUDIT, ...NO_CHECKS, privacyAt: null },
  SETTINGS: { ...NO_AUDIT, ...NO_CHECKS },
  CHECK: { ...NO_AUDIT, ...NO_CHECKS },
  SUBMIT_AUDIT: NO_AUDIT,
  AUDIT: {},
  RELEASE: {},
  ROLL_BACK: {},
  VERIFY: {},
};

/** By the id of its audit a rollback tells whether a gray release is that of the target. */
function resets(target: Target, step: Step): Partial<Target> {
  return { ...RESETS[step], ...(hasGrayLeft(target) && { auditId: target.auditId }) };
}

/** SkipRolloutTargets for one target; undefined if it is left as it is: an operation is in progress, or it ended. */
export function skipOf(target: Target): Move | undefined {
  if (!isIdle(target) && target.state !== 'FAILED') return undefined;
  return completed(target, 'SKIPPED', rolloutError('TAKEN_OUT', 'taken out by SkipRolloutTargets'));
}

/**
 * Another rollout takes the target over; undefined if it is left as it is: an operation is in progress, it ended, or it is submitted,
 * and an open audit or a gray release would be left.
 */
export function replacedOf(target: Target): Move | undefined {
  const isSubmitted = target.holdsAppid && !isBefore(target.step, 'AUDIT');
  if (!isIdle(target) || isSubmitted) return undefined;
  return completed(target, 'SKIPPED', rolloutError('REPLACED', 'another rollout has taken it over'));
}

/** CancelRollout for one target; undefined if it is left as it is: an operation is in progress, or it ended. */
export function cancelOf(target: Target): Move | undefined {
  return isIdle(target) ? completed(target, 'CANCELLED', null) : undefined;
}
