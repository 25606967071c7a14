import type { OperationError } from '@wxa/contracts';
import { cancelOf, replacedOf, settingsAgain } from '../commands.js';
import { isAuthorizationError, isPlatformError } from '../failures/errcodes.js';
import { NO_ERROR_STORED, RESULT_DELETED, rolloutError } from '../failures/reasons.js';
import type { RolloutContext } from '../rollout.js';
import type { OperationFacts, Step, Target, TargetFacts, TargetState, Wait } from '../target.js';
import { AUDIT_STEP, onAudit, onVerdict } from './audit.js';
import { CHECK_STEP } from './check.js';
import {
  after,
  completed,
  type Ended,
  isIdle,
  type Move,
  moved,
  postponed,
  restarted,
  type Situation,
  type StepRows,
  unchanged,
} from './move.js';
import { onReadiness } from './readiness.js';
import { RELEASE_STEP } from './release.js';
import { ROLL_BACK_STEP } from './roll-back.js';
import { onInterface, SETTINGS_STEP } from './settings.js';
import { nextStep } from './start.js';
import { onOpenAudit, SUBMIT_AUDIT_STEP } from './submit-audit.js';
import { isLookAtDomains, VERIFY_STEP } from './verify.js';

/**
 * The next move of a target: pure and total, exactly one for every target and facts. A target that has nothing to do, or
 * facts that are stale, give `change: 'none'`. A target without an operation in progress is CANCELLED in a CANCELLING rollout, and
 * REPLACED if a newer rollout has it.
 */
export function advance(target: Target, facts: TargetFacts, context: RolloutContext, now: Date): Move {
  const situation = { target, facts, context, now };
  // Instead of a next operation.
  const endOf = context.state === 'CANCELLING' ? cancelOf : facts.isOfNewer ? replacedOf : undefined;
  if (endOf === undefined) return next(situation);
  const move = endOf(target) ?? next(situation);
  const end = endOf(move.target);
  if (end === undefined) return move;
  const { stepResult, submissions, speedUps, platformError } = move;
  return { ...end, stepResult, submissions, speedUps, platformError };
}

function next(situation: Situation): Move {
  const move = byState(situation);
  // Once it is written, nothing tells that it has authorized again.
  const again = isIdle(move.target) ? settingsAgain({ ...situation, target: move.target }) : undefined;
  return again === undefined ? move : { ...move, target: again.target, change: 'moved' };
}

function byState(situation: Situation): Move {
  const { state, waitsFor } = situation.target;
  if (state === 'WAITING') return waitsFor === null ? whenDue(situation) : WAITS[waitsFor](situation);
  return STATES[state](situation);
}

const stays = ({ target }: Situation): Move => unchanged(target);

const STATES: Record<Exclude<TargetState, 'WAITING'>, (situation: Situation) => Move> = {
  PENDING: (situation) => (situation.target.step === 'AUDIT' ? onVerdict(situation) : stays(situation)),
  RUNNING: onOperation,
  IN_DOUBT: onOperation,
  SUCCEEDED: stays,
  FAILED: stays,
  SKIPPED: stays,
  CANCELLED: stays,
};

const WAITS: Record<Wait, (situation: Situation) => Move> = {
  OPERATION: onOperation,
  AUDIT: onAudit,
  OPEN_AUDIT: onOpenAudit,
  OTHER_ROLLOUT: onOtherRollout,
  PRIVACY_CHECK: whenDue,
  GRAY_PAUSE: whenDue,
  VERIFY: whenDue,
  READINESS: onReadiness,
  READ: onReadiness,
  INTERFACE: onInterface,
};

function whenDue({ target, now }: Situation): Move {
  const isDue = target.dueAt === null || target.dueAt <= now;
  return isDue ? moved(target, { state: 'PENDING', error: target.error }) : unchanged(target);
}

const OTHER_ROLLOUT_LOOK_MS = 10 * 60_000;

function onOtherRollout({ target, facts, now }: Situation): Move {
  if (!facts.isHeldElsewhere) return moved(target, { state: 'PENDING', error: target.error });
  const isEarly = target.dueAt !== null && target.dueAt > now;
  return isEarly ? unchanged(target) : postponed(target, after(now, OTHER_ROLLOUT_LOOK_MS));
}

const LOOK_MS = 10 * 60_000;

const COMMIT_STEP: StepRows = {
  succeeded: (ended) => {
    const privacyAt = after(ended.endedAt, ended.context.waits.privacyWaitMs);
    return nextStep({ ...ended, at: ended.endedAt }, { privacyAt });
  },
  failed: () => undefined,
  deleted: ({ target }) => completed(target, 'FAILED', RESULT_DELETED),
};

/** The step READINESS has no operation. */
const READINESS_STEP: StepRows = { succeeded: onReadiness, failed: () => undefined, deleted: onReadiness };

/** The rows of the step table. */
const STEPS: Record<Step, StepRows> = {
  READINESS: READINESS_STEP,
  COMMIT: COMMIT_STEP,
  SETTINGS: SETTINGS_STEP,
  CHECK: CHECK_STEP,
  SUBMIT_AUDIT: SUBMIT_AUDIT_STEP,
  AUDIT: AUDIT_STEP,
  RELEASE: RELEASE_STEP,
  ROLL_BACK: ROLL_BACK_STEP,
  VERIFY: VERIFY_STEP,
};

/** Moves a target that is RUNNING, IN_DOUBT or WAITING(OPERATION) by the state of its operation. */
function onOperation(situation: Situation): Move {
  const { target, facts } = situation;
  const { operation } = facts;
  if (operation === 'deleted') return STEPS[target.step].deleted(situation);
  // Facts about another operation are stale.
  if (operation?.id !== target.operationId || operation === null) return unchanged(target);
  if (!operation.isOwn) return requestIdTaken(target);
  const ended = { ...situation, operation, endedAt: operation.endedAt ?? situation.now };
  return BY_OPERATION[operation.state](ended);
}

/** Its idempotency key belongs to another caller's operation. */
function requestIdTaken(target: Target): Move {
  const errmsg = 'another caller has used the request_id of this step';
  return completed(target, 'FAILED', rolloutError('REQUEST_ID_TAKEN', errmsg));
}

const BY_OPERATION: Record<OperationFacts['state'], (ended: Ended) => Move> = {
  QUEUED: inProgress,
  RUNNING: inProgress,
  RETRYING: inProgress,
  IN_DOUBT: inDoubt,
  SUCCEEDED: (ended) => STEPS[ended.target.step].succeeded(ended),
  FAILED: failed,
  CANCELLED: cancelled,
};

/** The turns of a cancelled rollout cancel what was never sent. */
function cancelled(ended: Ended): Move {
  const { target, context } = ended;
  if (target.step === 'AUDIT') return AUDIT_STEP.deleted(ended);
  if (isLookAtDomains(target)) return VERIFY_STEP.deleted(ended);
  if (context.state === 'CANCELLING') return completed(target, 'CANCELLED', null);
  const errmsg = 'the operation was cancelled with CancelOperation';
  return completed(target, 'FAILED', rolloutError('OPERATION_CANCELLED', errmsg));
}

function inProgress({ target, now }: Situation): Move {
  const dueAt = after(now, LOOK_MS);
  const isEarly = target.dueAt !== null && target.dueAt > now;
  if (target.state === 'WAITING') return isEarly ? unchanged(target) : postponed(target, dueAt);
  if (target.state === 'RUNNING' && isEarly) return unchanged(target);
  return moved(target, { state: 'WAITING', waitsFor: 'OPERATION', dueAt, error: keptError(target) });
}

function inDoubt({ target, operation, now }: Ended): Move {
  const dueAt = after(now, LOOK_MS);
  if (target.state === 'IN_DOUBT') {
    const isEarly = target.dueAt !== null && target.dueAt > now;
    return isEarly ? unchanged(target) : postponed(target, dueAt);
  }
  const error = target.step === 'VERIFY' ? target.error : operation.error;
  return moved(target, { state: 'IN_DOUBT', dueAt, error });
}

/** The error of RELEASE while VERIFY decides about it. */
const keptError = ({ step, error }: Target): OperationError | null => (step === 'VERIFY' ? error : null);

function failed(ended: Ended): Move {
  const { target, context, operation, endedAt } = ended;
  if (isLookAtDomains(target)) return VERIFY_STEP.deleted(ended);
  const error = operation.error ?? NO_ERROR_STORED;
  if (isPlatformError(error, endedAt, context.platformTokenSince))
    return restarted(target, { error: keptError(target) }, { platformError: error });
  if (target.step !== 'AUDIT' && isAuthorizationError(error))
    return completed(target, 'SKIPPED', rolloutError('NOT_AUTHORIZED', error.errmsg, { cause: error }));
  return STEPS[target.step].failed(ended, error) ?? completed(target, 'FAILED', error);
}
