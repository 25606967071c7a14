import { ERRCODE, isVersionMismatch } from '../failures/errcodes.js';
import { ROLL_BACK_PART } from '../requests/parts.js';
import { completed, type Move, moved } from './move.js';
import type { Situation, StepRows } from './situation.js';
import { nextStep } from './start.js';

/** The step ROLL_BACK: one operation; if a gray release is running, two more. */
export const ROLL_BACK: StepRows = {
  succeeded: (ended) => done(ended, ended.endedAt),
  failed: ({ target }, error) => {
    if (isVersionMismatch(error) || error.errcode === ERRCODE.REVERT_NOT_POSSIBLE)
      return completed(target, 'SKIPPED', error);
    const isGrayRunning = error.errcode === ERRCODE.GRAY_RELEASE_RUNNING;
    return isGrayRunning && target.part === ROLL_BACK_PART.FIRST
      ? moved(target, { state: 'PENDING', part: ROLL_BACK_PART.REVERT_GRAY })
      : undefined;
  },
  deleted: (situation) => done(situation, situation.now),
};

function done(situation: Situation, at: Date): Move {
  return situation.target.part === ROLL_BACK_PART.REVERT_GRAY
    ? moved(situation.target, { state: 'PENDING', part: ROLL_BACK_PART.REVERT_AGAIN })
    : nextStep({ ...situation, at });
}
