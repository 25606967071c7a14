import { ERRCODE, isDecidedByVerify } from '../failures/errcodes.js';
import { RESULT_DELETED, rolloutError } from '../failures/reasons.js';
import { grayStepsOf, stepAfter } from '../pipeline.js';
import type { OperationFacts, Target } from '../target.js';
import { millisOf } from '../times.js';
import {
  after,
  completed,
  type Ended,
  type Move,
  moved,
  restarted,
  type Situation,
  type StepRows,
  waiting,
} from './move.js';
import { nextStep, startStep } from './start.js';

/** The step RELEASE: each gray step with its pause, then the release to all users. */
export const RELEASE_STEP: StepRows = {
  succeeded: (ended) =>
    isGray(ended) ? pause(ended) : nextStep({ ...ended, at: ended.endedAt }, { isReleased: true }),
  failed: (ended, error) => {
    if (isGray(ended) && error.errcode === ERRCODE.GRAY_PERCENTAGE_NOT_HIGHER) return pause(ended);
    if (isGray(ended) && error.errcode === ERRCODE.NO_ONLINE_VERSION) {
      return ended.context.spec.release?.firstReleaseToAll
        ? moved(ended.target, { state: 'PENDING', part: graySteps(ended).length })
        : completed(ended.target, 'SKIPPED', rolloutError('FIRST_RELEASE', error.errmsg, { cause: error }));
    }
    return isDecidedByVerify(error) ? verify(ended, ended.endedAt, { error }) : undefined;
  },
  deleted: (situation) => {
    if (isGray(situation)) return restarted(situation.target);
    return verify(situation, situation.now) ?? completed(situation.target, 'FAILED', RESULT_DELETED);
  },
};

const graySteps = ({ context }: Situation) => grayStepsOf(context.spec);

const isGray = (situation: Situation): boolean => situation.target.part < graySteps(situation).length;

function pause(ended: Ended): Move {
  const { target, now } = ended;
  const { percentage = 0 } = graySteps(ended)[target.part] ?? {};
  const to = { part: target.part + 1, grayShare: percentage };
  return moved(target, { ...to, ...waiting('GRAY_PAUSE', pauseEnd(ended, target.part), now) });
}

const pauseEnd = ({ endedAt, context }: Pick<Ended, 'endedAt' | 'context'>, part: number): Date =>
  after(endedAt, millisOf(grayStepsOf(context.spec)[part]?.pause));

/** The release continues at the part where it ended, after what is left of the pause before it. */
export function continued({ target, facts: { operation }, context, now }: Situation): Partial<Target> {
  const isPaused = operation !== null && operation !== 'deleted' && isShareReached(operation);
  const until = isPaused ? pauseEnd({ endedAt: operation.endedAt ?? now, context }, target.part - 1) : now;
  return { part: target.part, ...waiting('GRAY_PAUSE', until, now) };
}

function isShareReached({ method, state, error }: OperationFacts): boolean {
  const isReached = state === 'SUCCEEDED' || error?.errcode === ERRCODE.GRAY_PERCENTAGE_NOT_HIGHER;
  return method === 'GrayRelease' && isReached;
}

/** VERIFY decides whether the release is done; undefined if the pipeline has no such step. */
function verify(situation: Situation, at: Date, to: Partial<Target> = {}): Move | undefined {
  const { target, context } = situation;
  if (stepAfter(target.step, context.spec, context.isRollback) !== 'VERIFY') return undefined;
  return startStep('VERIFY', { ...situation, at }, to, { stepResult: null });
}
