import { stepAfter } from '../pipeline.js';
import { checkAt, checksOf, SETTINGS_PART, settingsPartFrom } from '../requests/parts.js';
import type { RolloutContext } from '../rollout.js';
import type { Step, Target } from '../target.js';
import { completed, type Effects, type Move, moved, type Situation, waiting } from './move.js';

/** When a target begins a step: `at` is the end of the step before. */
interface Start extends Situation {
  at: Date;
}

/** How a target begins a step; undefined if there is nothing to do in it. */
const STARTS: Record<Step, (start: Start) => Partial<Target> | undefined> = {
  READINESS: () => PENDING,
  COMMIT: () => PENDING,
  SETTINGS: (start) => startSettings(start, 0),
  CHECK: (start) => startCheck(start, 0),
  SUBMIT_AUDIT: ({ target, now }) => waiting('PRIVACY_CHECK', target.privacyAt ?? now, now),
  AUDIT: ({ target, context, now }) =>
    wantsSpeedUp(target, context) ? PENDING : { state: 'WAITING', waitsFor: 'AUDIT', dueAt: now },
  RELEASE: () => PENDING,
  ROLL_BACK: () => PENDING,
  VERIFY: ({ context, at, now }) => waiting('VERIFY', lookAt(at, context, 0), now),
};

const PENDING: Partial<Target> = { state: 'PENDING' };

/** How a part of the step CHECK begins: PRIVACY is not asked before `privacyAt`. */
export function startCheck(
  { target, context, now }: Pick<Situation, 'target' | 'context' | 'now'>,
  part: number,
): Partial<Target> | undefined {
  const check = checkAt(part, checksOf(target, context.spec));
  if (check === undefined) return undefined;
  const until = check === 'PRIVACY' ? (target.privacyAt ?? now) : now;
  return { part, ...waiting('PRIVACY_CHECK', until, now) };
}

/** How the step SETTINGS continues from a part; undefined if the settings name nothing more. WeChat stores no guide before its privacy check is done. */
export function startSettings(
  { target, facts, now }: Pick<Situation, 'target' | 'facts' | 'now'>,
  from: number,
): Partial<Target> | undefined {
  const part = settingsPartFrom(from, facts.settings);
  if (part === undefined) return undefined;
  const until = part === SETTINGS_PART.GUIDE ? (target.privacyAt ?? now) : now;
  return { part, ...waiting('PRIVACY_CHECK', until, now) };
}

function wantsSpeedUp({ wave }: Target, { spec, canSpeedUp }: RolloutContext): boolean {
  return canSpeedUp && spec.waves[wave - 1]?.speedUp === true;
}

/** When a look at the live version is due, after the look before or, for the first one, after the step before. */
export function lookAt(before: Date, { waits }: Pick<RolloutContext, 'waits'>, look: number): Date {
  const delay = (waits.verifyDelaysMs[look] ?? 0) - (waits.verifyDelaysMs[look - 1] ?? 0);
  return new Date(before.getTime() + delay);
}

/** A target at the beginning of a step, or of the next one that has something to do; SUCCEEDED after the last one. */
export function startStep(step: Step | undefined, start: Start, to: Partial<Target>, effects: Effects): Move {
  if (step === undefined) return completed({ ...start.target, ...to }, 'SUCCEEDED', null, effects);
  const target = { ...start.target, ...to, step, part: 0 };
  const state = STARTS[step]({ ...start, target });
  if (state !== undefined) return moved(target, { error: to.error ?? null, ...state }, effects);
  return nextStep({ ...start, target }, {}, effects);
}

/** The target has passed its step: it begins the next one, or SUCCEEDED. */
export function nextStep(start: Start, to: Partial<Target> = {}, effects: Effects = {}): Move {
  const { spec, isRollback } = start.context;
  const { step } = start.target;
  const leaving = step === 'CHECK' || step === 'SETTINGS' ? { checkResults: null } : {};
  return startStep(
    stepAfter(step, spec, isRollback),
    start,
    { ...leaving, ...to },
    { stepResult: 'passed', ...effects },
  );
}
