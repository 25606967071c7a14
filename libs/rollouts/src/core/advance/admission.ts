import { METHODS } from '@wxa/contracts';
import { ROOMS, violationsBy } from '@wxa/methods';
import { replacedOf, settingsAgain } from '../commands.js';
import { rolloutError } from '../failures/reasons.js';
import { checksOf } from '../requests/parts.js';
import { missingValues, requestOf, type TargetRequest } from '../requests/request-of.js';
import type { RolloutContext } from '../rollout.js';
import type { Step, Target, TargetFacts } from '../target.js';
import { moveByVerdict } from './audit.js';
import { after, completed, type Move, moved, type Situation, unchanged, waiting } from './move.js';
import { ofReleased, ofUnauthorized, onReadiness } from './readiness.js';
import { acceptedSettings, nextSettings } from './settings.js';
import { nextStep } from './start.js';

/** What the admission of a PENDING target gives. */
export type Admission =
  /** Accept this operation; `move.target` is RUNNING, still with its previous `operationId`. */
  | { kind: 'accept'; request: TargetRequest; move: Move }
  /** No operation: it is not authorized, another rollout holds it, it must wait, or there is nothing to do. */
  | { kind: 'no-operation'; move: Move };

const SLOT_MS = 2 * 60_000;
/** The other rollout may just have released the mini-program, without seeing that this target waits for it. */
const OTHER_ROLLOUT_LOOK_MS = 5_000;

/** Admits a PENDING target for which there is room; any other target is left as it is. */
export function admission(target: Target, facts: TargetFacts, context: RolloutContext, now: Date): Admission {
  const situation = { target, facts, context, now };
  const instead = target.state === 'PENDING' ? withoutOperation(situation) : unchanged(target);
  if (instead !== undefined) return { kind: 'no-operation', move: instead };
  const request = requestOf(target, context, facts);
  if (request === undefined) return { kind: 'no-operation', move: NOTHING_TO_DO[target.step](situation) };
  const refused = REFUSALS[target.step]?.(request, situation);
  if (refused !== undefined) return { kind: 'no-operation', move: refused };
  const move = moved(target, {
    state: 'RUNNING',
    dueAt: after(now, SLOT_MS),
    holdsAppid: true,
    error: target.error,
    ...(target.step === 'SETTINGS' && acceptedSettings(target, facts.settings)),
  });
  return { kind: 'accept', request, move };
}

/** What happens to the target instead of an operation; undefined if it gets one. */
function withoutOperation(situation: Situation): Move | undefined {
  const { target, facts, now } = situation;
  const replaced = facts.isOfNewer ? replacedOf(target) : undefined;
  if (replaced !== undefined) return replaced;
  if (target.step === 'READINESS') return onReadiness(situation);
  if (!target.holdsAppid) {
    const ended = ofUnauthorized(situation) ?? (target.step === 'COMMIT' ? ofReleased(situation) : undefined);
    if (ended !== undefined) return ended;
    if (facts.isHeldElsewhere) return waitForOtherRollout(target, now);
  }
  return settingsAgain(situation) ?? WAITS_FIRST[target.step]?.(situation);
}

function waitForOtherRollout(target: Target, now: Date): Move {
  const dueAt = after(now, OTHER_ROLLOUT_LOOK_MS);
  return moved(target, { state: 'WAITING', waitsFor: 'OTHER_ROLLOUT', dueAt, error: target.error });
}

const WAITS_FIRST: Partial<Record<Step, (situation: Situation) => Move | undefined>> = {
  CHECK: (situation) =>
    checksOf(situation.target, situation.context.spec).length === 0
      ? nextStep({ ...situation, at: situation.now }, {}, { stepResult: null })
      : undefined,
  SUBMIT_AUDIT: ({ target, now }) => {
    const state = waiting('PRIVACY_CHECK', target.privacyAt ?? now, now);
    return state.state === 'WAITING' ? moved(target, state) : undefined;
  },
  AUDIT: (situation) => {
    const move = moveByVerdict(situation);
    const isOpen = move.target.step === 'AUDIT' && !move.isCompleted;
    return isOpen && situation.context.canSpeedUp ? undefined : move;
  },
};

/** Why a request that settings are part of is not accepted: they may lack what it requires. */
const REFUSALS: Partial<Record<Step, (request: TargetRequest, situation: Situation) => Move | undefined>> = {
  COMMIT: (_, { target, facts, context }) => {
    const missing = missingValues(target, context, facts.settings);
    if (missing.length === 0) return undefined;
    const pointers = missing.join(', ');
    const errmsg = `ext.json has no value at ${pointers}`;
    return completed(target, 'FAILED', rolloutError('EXT_VALUE_MISSING', errmsg, { args: { pointers } }));
  },
  SETTINGS: ({ method, request }, { target }) => {
    if (method !== 'SetPrivacyGuide') return undefined;
    const [violation] = violationsBy(ROOMS[method].validate, METHODS[method].request.fromJSON(request));
    if (violation === undefined) return undefined;
    const errmsg = `${violation.field} ${violation.description}`;
    return completed(target, 'FAILED', rolloutError('GUIDE_INCOMPLETE', errmsg));
  },
};

const fail =
  (errmsg: string) =>
  ({ target }: Situation): Move =>
    completed(target, 'FAILED', rolloutError('CHECK_CATEGORIES', errmsg));

/** The step has no operation for the target. */
const NOTHING_TO_DO: Record<Step, (situation: Situation) => Move> = {
  READINESS: onReadiness,
  COMMIT: ({ target }) => unchanged(target),
  // The settings no longer name what was to be set.
  SETTINGS: (situation) => nextSettings(situation, situation.now),
  CHECK: (situation) => nextStep({ ...situation, at: situation.now }, {}, { stepResult: null }),
  SUBMIT_AUDIT: fail('no audit items were built'),
  AUDIT: (situation) => moveByVerdict(situation),
  RELEASE: ({ target }) => unchanged(target),
  ROLL_BACK: ({ target }) =>
    completed(target, 'SKIPPED', rolloutError('NOTHING_TO_ROLL_BACK', 'the first rollout released nothing')),
  VERIFY: ({ target }) => unchanged(target),
};
