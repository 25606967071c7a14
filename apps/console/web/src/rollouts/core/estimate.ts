import type { Rollout } from '../types.js';
import { unitsOf } from './durations.js';
import { stepsOf } from './segments.js';

/** WeChat's inspection of uploaded code, with the calls around it. */
const PREPARATION_S = 90;
/** From the release until the live version was looked at. */
const VERIFICATION_S = 60;

/** How long a plan takes if nothing fails, and what is not in it. */
export interface Estimate {
  seconds: number;
  /** Gates that an operator opens: the time until then comes on top. */
  manualGates: number;
}

/**
 * The duration of a plan: each wave is prepared, audited and released; it starts when the wave before has passed its audits, and is
 * released when that one is released. Failures, waits for the quota and gates that wait for an operator are not in it.
 * @param auditS how long an audit takes, as measured.
 * @param callsS the least time that the calls take by the rate limits.
 */
export function estimate(
  { spec, rollbackOf }: Pick<Rollout, 'spec' | 'rollbackOf'>,
  auditS: number,
  callsS: number,
  now = Date.now(),
): Estimate {
  const steps = stepsOf({ spec, rollbackOf });
  const has = (step: string) => steps.includes(step);
  const submitS = (has('COMMIT') || has('CHECK') ? PREPARATION_S : 0) + (has('AUDIT') ? auditS : 0);
  const gray = spec?.release?.graySteps ?? [];
  const pausesS = gray.reduce((sum, { pause }) => sum + (unitsOf(pause, 1) ?? 0), 0);
  const releaseS = has('RELEASE') ? pausesS + VERIFICATION_S : 0;
  const waves = spec?.waves.length ? spec.waves : [undefined];
  let [audited, released, manualGates] = [0, 0, 0];
  for (const wave of waves) {
    const waited = (gate: NonNullable<typeof wave>['submitGate'], since: number) =>
      Math.max(since + (unitsOf(gate?.bakeTime, 1) ?? 0), secondsUntil(gate?.notBefore, now));
    audited = waited(wave?.submitGate, audited) + submitS;
    released = Math.max(audited, waited(wave?.releaseGate, released)) + releaseS;
    manualGates += Number(Boolean(wave?.submitGate?.manual)) + Number(Boolean(wave?.releaseGate?.manual));
  }
  return { seconds: Math.max(released, callsS), manualGates };
}

function secondsUntil(time: string | undefined, now: number): number {
  return time ? Math.max(0, (Date.parse(time) - now) / 1000) : 0;
}
