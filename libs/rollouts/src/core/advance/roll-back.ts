import { ERRCODE, isVersionMismatch } from '../failures/errcodes.js';
import { rolloutError } from '../failures/reasons.js';
import { hasGrayLeft, ROLL_BACK_PART } from '../requests/parts.js';
import { completed, type Ended, type Move, moved, type Situation, type StepRows } from './move.js';
import { nextStep } from './start.js';

/** The step ROLL_BACK: one operation; if a gray release is running, two more. */
export const ROLL_BACK_STEP: StepRows = {
  succeeded: (ended) => done(ended, ended.endedAt),
  failed: (ended, error) => {
    const { target, operation } = ended;
    // The verdict came before the withdrawal.
    if (operation.method === 'UndoAudit' && error.errcode === ERRCODE.NO_AUDITED_VERSION)
      return completed(
        target,
        'SKIPPED',
        rolloutError('NOTHING_TO_ROLL_BACK', error.errmsg, { cause: error }),
      );
    if ((isVersionMismatch(error) && isReplaced(ended)) || error.errcode === ERRCODE.REVERT_NOT_POSSIBLE)
      return completed(target, 'SKIPPED', error);
    return error.errcode === ERRCODE.GRAY_RELEASE_RUNNING && target.part === ROLL_BACK_PART.FIRST
      ? moved(target, { state: 'PENDING', part: ROLL_BACK_PART.REVERT_GRAY })
      : undefined;
  },
  deleted: (situation) => done(situation, situation.now),
};

/**
 * Whether another live version means that nothing is left to take back. If a gray release is left, the target fails: WeChat
 * does not say of which version it is, so only an operator can tell whether to end it.
 */
function isReplaced({ operation, facts: { first } }: Ended): boolean {
  return operation.method === 'RevertRelease' && !(first !== null && hasGrayLeft(first));
}

function done(situation: Situation, at: Date): Move {
  return situation.target.part === ROLL_BACK_PART.REVERT_GRAY
    ? moved(situation.target, { state: 'PENDING', part: ROLL_BACK_PART.REVERT_AGAIN })
    : nextStep({ ...situation, at });
}
