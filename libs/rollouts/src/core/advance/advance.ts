import { cancelOf } from '../commands.js';
import { onReadiness } from '../readiness.js';
import type { RolloutContext } from '../rollout.js';
import type { Target, TargetFacts, TargetState, Wait } from '../target.js';
import { onAudit, onVerdict } from './audit.js';
import { after, type Move, moved, postponed, type Situation, unchanged } from './move.js';
import { onOperation } from './operation.js';
import { onInterface } from './settings.js';
import { onOpenAudit } from './submit-audit.js';

/**
 * The next move of a target: pure and total, exactly one for every target and facts. A target that has nothing to do, or
 * facts that are stale, give `change: 'none'`. In a CANCELLING rollout a target without an operation in progress is CANCELLED.
 */
export function advance(target: Target, facts: TargetFacts, context: RolloutContext, now: Date): Move {
  if (context.state !== 'CANCELLING') return next({ target, facts, context, now });
  // CANCELLED instead of a next operation.
  const move = cancelOf(target) ?? next({ target, facts, context, now });
  const cancelled = cancelOf(move.target);
  if (cancelled === undefined) return move;
  return {
    ...cancelled,
    stepResult: move.stepResult,
    submissions: move.submissions,
    speedUps: move.speedUps,
  };
}

function next(situation: Situation): Move {
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
