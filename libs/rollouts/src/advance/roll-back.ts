import { ERRCODE, isVersionMismatch } from '../failures/errcodes.js';
import { rolloutError } from '../failures/reasons.js';
import { hasGrayLeft, ROLL_BACK_PART } from '../requests/parts.js';
import { again, completed, type Move, moved } from './move.js';
import { type Ended, memberOf, type Situation, type StepRows } from './situation.js';
import { nextStep } from './start.js';

/** The step ROLL_BACK: one operation; if a gray release is running or left, two more. */
export const ROLL_BACK: StepRows = {
  succeeded: (ended) =>
    ended.target.part === ROLL_BACK_PART.LOOK_AT_GRAY ? lookedAtGray(ended) : done(ended, ended.endedAt),
  failed: ({ target, operation, facts: { first } }, error) => {
    const isFirst = target.part === ROLL_BACK_PART.FIRST;
    if (isVersionMismatch(error) && isFirst && first !== null && hasGrayLeft(first))
      return moved(target, { state: 'PENDING', part: ROLL_BACK_PART.LOOK_AT_GRAY });
    // The verdict came before the withdrawal.
    if (operation.method === 'UndoAudit' && error.errcode === ERRCODE.NO_AUDITED_VERSION)
      return completed(target, 'SKIPPED', rolloutError('NOTHING_TO_ROLL_BACK', error.errmsg, error));
    if (isVersionMismatch(error) || error.errcode === ERRCODE.REVERT_NOT_POSSIBLE)
      return completed(target, 'SKIPPED', error);
    return error.errcode === ERRCODE.GRAY_RELEASE_RUNNING && isFirst
      ? moved(target, { state: 'PENDING', part: ROLL_BACK_PART.REVERT_GRAY })
      : undefined;
  },
  deleted: (situation) =>
    situation.target.part === ROLL_BACK_PART.LOOK_AT_GRAY
      ? again(situation.target)
      : done(situation, situation.now),
};

function done(situation: Situation, at: Date): Move {
  return situation.target.part === ROLL_BACK_PART.REVERT_GRAY
    ? moved(situation.target, { state: 'PENDING', part: ROLL_BACK_PART.REVERT_AGAIN })
    : nextStep({ ...situation, at });
}

const IN_PROGRESS: readonly unknown[] = ['GRAY_RELEASE_STATUS_RUNNING', 'GRAY_RELEASE_STATUS_PAUSED'];

function lookedAtGray(ended: Ended): Move {
  return isGrayOurs(ended)
    ? moved(ended.target, { state: 'PENDING', part: ROLL_BACK_PART.REVERT_GRAY_LEFT })
    : completed(
        ended.target,
        'SKIPPED',
        rolloutError('NOTHING_TO_ROLL_BACK', 'no gray release of the first rollout is in progress'),
      );
}

/** WeChat does not say of which version a gray release is: ours has our share, and was there when the first rollout ended. */
function isGrayOurs({ operation, facts: { first } }: Ended): boolean {
  const plan = memberOf(operation.result, 'plan');
  const createTime = memberOf(plan, 'createTime');
  const isEarlier =
    typeof createTime !== 'string' || (first !== null && new Date(createTime) <= first.updatedAt);
  const hasOurShare = (memberOf(plan, 'percentage') ?? 0) === first?.grayShare;
  return IN_PROGRESS.includes(memberOf(plan, 'status')) && hasOurShare && isEarlier;
}
