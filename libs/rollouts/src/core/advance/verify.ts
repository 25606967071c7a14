import { isReleasedByHand } from '../failures/errcodes.js';
import { rolloutError } from '../failures/reasons.js';
import { again, completed, type Ended, type Move, memberOf, moved, type StepRows, waiting } from './move.js';
import { lookAt, nextStep } from './start.js';

/** Reads lag behind a release, so a kept error is believed at the second look. */
const DECIDING_LOOK = 1;

/** The step VERIFY: the live version must be the one of the rollout; in a rollback it must not be. */
export const VERIFY: StepRows = {
  succeeded: (ended) => {
    const version = liveVersion(ended);
    const isOurs = version === ended.context.spec.userVersion;
    return isOurs !== ended.context.isRollback
      ? nextStep({ ...ended, at: ended.endedAt }, { isReleased: isOurs })
      : opposite(ended, version);
  },
  failed: () => undefined,
  deleted: ({ target }) => again(target, { error: target.error }),
};

function liveVersion({ operation }: Ended): string {
  const version = memberOf(memberOf(operation.result, 'release'), 'version');
  return typeof version === 'string' ? version : '';
}

function opposite(ended: Ended, version: string): Move {
  const { target, context, endedAt, now } = ended;
  const look = target.part;
  const isLast = look >= context.waits.verifyDelaysMs.length - 1;
  if (target.error !== null && (isLast || look >= DECIDING_LOOK)) return byKeptError(ended, version);
  if (isLast) {
    const reason = context.isRollback ? 'STILL_LIVE' : 'NOT_LIVE';
    const seen = { ...target, isReleased: context.isRollback };
    return completed(seen, 'FAILED', rolloutError(reason, live(version)));
  }
  const until = lookAt(endedAt, context, look + 1);
  return moved(target, { part: look + 1, error: target.error, ...waiting('VERIFY', until, now) });
}

function byKeptError({ target }: Ended, version: string): Move {
  const { error } = target;
  return error !== null && isReleasedByHand(error)
    ? completed(target, 'SKIPPED', rolloutError('RELEASED_BY_HAND', live(version), error))
    : completed(target, 'FAILED', error);
}

const live = (version: string): string =>
  version === '' ? 'no version is live' : `the live version is "${version}"`;
