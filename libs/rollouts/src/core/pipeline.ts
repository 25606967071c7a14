import {
  RolloutReadiness_OnNotReady as OnNotReady,
  type RolloutSpec,
  RolloutStep,
  type RolloutStopRule,
  RolloutStopRule_Cause,
} from '@wxa/contracts';
import { STEP_NUMBERS, type Step, type Target } from './target.js';

/** All steps in their order. Their numbers do not follow it. */
const ORDER: readonly Step[] = [
  'READINESS',
  'COMMIT',
  'SETTINGS',
  'CHECK',
  'SUBMIT_AUDIT',
  'AUDIT',
  'RELEASE',
  'ROLL_BACK',
  'VERIFY',
];
const BACK: readonly Step[] = ['ROLL_BACK', 'VERIFY'];

const PREFIX = 'ROLLOUT_STEP_';

/** The step of a message; null if it is unspecified. */
export function stepOf(step: RolloutStep): Step | null {
  const name = step.replace(PREFIX, '');
  return isStep(name) ? name : null;
}

function isStep(name: string): name is Step {
  return Object.hasOwn(STEP_NUMBERS, name);
}

/** The step as the message has it. */
export function toRolloutStep(step: Step): RolloutStep {
  return RolloutStep[`ROLLOUT_STEP_${step}`];
}

/** Whether a step comes before another one. */
export const isBefore = (step: Step, other: Step): boolean => ORDER.indexOf(step) < ORDER.indexOf(other);

/** The numbers of a step and of those after it. */
export const numbersFrom = (first: Step): number[] =>
  ORDER.filter((step) => !isBefore(step, first)).map((step) => STEP_NUMBERS[step]);

/** The steps of a rollout in order, by `first_step` and `last_step`. New targets are PENDING in the first one. */
export function pipelineOf(spec: RolloutSpec, isRollback: boolean): Step[] {
  if (isRollback) return [...BACK];
  const first = firstOf(spec);
  const last = lastOf(spec);
  return ORDER.filter(
    (step) =>
      !isBefore(step, first) &&
      !isBefore(last, step) &&
      step !== 'ROLL_BACK' &&
      (step !== 'READINESS' || spec.readiness !== undefined) &&
      (step !== 'SETTINGS' || spec.settings !== undefined),
  );
}

/** The `first_step` in force. */
export const firstOf = (spec: Pick<RolloutSpec, 'firstStep' | 'readiness'>): Step =>
  stepOf(spec.firstStep) ?? (spec.readiness === undefined ? 'COMMIT' : 'READINESS');

/** The `last_step` in force. */
export const lastOf = ({ lastStep }: Pick<RolloutSpec, 'lastStep'>): Step => stepOf(lastStep) ?? 'VERIFY';

/** The number of the step in which new targets are PENDING. */
export function firstStepOf(spec: RolloutSpec, isRollback: boolean): number {
  const [first = 'COMMIT'] = pipelineOf(spec, isRollback);
  return STEP_NUMBERS[first];
}

/** The step after the one that a target is in; undefined after the last one. */
export function stepAfter(step: Step, spec: RolloutSpec, isRollback: boolean): Step | undefined {
  return pipelineOf(spec, isRollback).find((later) => isBefore(step, later));
}

const MAX_IN_FLIGHT = 200;
const MIN_ENDED = 20;
const STOP_RULE: RolloutStopRule = {
  cause: RolloutStopRule_Cause.CAUSE_ANY,
  percent: 20,
  minEnded: MIN_ENDED,
  count: 0,
};

/** What to do with a mini-program that is not ready. */
const onNotReadyOf = ({ readiness }: RolloutSpec): OnNotReady =>
  readiness === undefined || readiness.onNotReady === OnNotReady.ON_NOT_READY_UNSPECIFIED
    ? OnNotReady.ON_NOT_READY_SKIP
    : readiness.onNotReady;

/**
 * The specification with `max_in_flight`, `stop_rules`, `waves`, `first_step`, `last_step` and `readiness.on_not_ready` filled in
 * where they are not set.
 */
export function withDefaults(spec: RolloutSpec): RolloutSpec {
  return {
    ...spec,
    firstStep: toRolloutStep(firstOf(spec)),
    lastStep: toRolloutStep(lastOf(spec)),
    readiness: spec.readiness && { ...spec.readiness, onNotReady: onNotReadyOf(spec) },
    maxInFlight: maxInFlightOf(spec),
    waves: spec.waves.length > 0 ? spec.waves : [oneWave()],
    stopRules:
      spec.stopRules.length > 0
        ? spec.stopRules.map((rule) => ({ ...rule, minEnded: rule.minEnded || MIN_ENDED }))
        : [STOP_RULE],
  };
}

/** The `max_in_flight` in force. */
export const maxInFlightOf = ({ maxInFlight }: RolloutSpec): number => maxInFlight || MAX_IN_FLIGHT;

const oneWave = () => ({
  size: { $case: 'rest' as const, value: true },
  submitGate: undefined,
  releaseGate: undefined,
  speedUp: false,
});

/** The gray steps of a rollout; none in a rollback. */
export const grayStepsOf = (spec: RolloutSpec) => spec.release?.graySteps ?? [];

/** Whether a rollout begins its releases with gray steps. */
export const isGray = (spec: RolloutSpec, isRollback: boolean): boolean =>
  grayStepsOf(spec).length > 0 && pipelineOf(spec, isRollback).includes('RELEASE');

/** The `gray_percentage` of a target: 100 after the release to all users. 0 without gray steps, and before the first one. */
export function grayPercentageOf(
  { grayShare, isReleased }: Pick<Target, 'grayShare' | 'isReleased'>,
  spec: RolloutSpec,
): number {
  return isReleased && grayStepsOf(spec).length > 0 ? 100 : (grayShare ?? 0);
}
