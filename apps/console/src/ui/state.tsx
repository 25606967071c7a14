import {
  type Rollout,
  RolloutState,
  RolloutStep,
  type RolloutTargetState,
  RolloutWait,
} from '@wxa/contracts';
import { TEXTS, type TextKey } from '../text/text.js';
import type { Look } from '../visit/visit.js';

/** What the values of an enum start with, by the first part of the keys of their names. */
const PREFIXES = {
  operation: 'OPERATION_STATE_',
  rollout: 'ROLLOUT_STATE_',
  target: 'ROLLOUT_TARGET_STATE_',
  audit: 'AUDIT_STATE_',
  authorizer: 'AUTHORIZER_STATE_',
  gray: 'GRAY_RELEASE_STATUS_',
  step: 'ROLLOUT_STEP_',
  wait: 'ROLLOUT_WAIT_',
  gate: 'ROLLOUT_GATE_TYPE_',
  change: 'ROLLOUT_CHANGE_TYPE_',
  pause: 'ROLLOUT_PAUSE_CAUSE_',
  hold: 'CAUSE_',
  stopRule: 'CAUSE_',
  check: 'ROLLOUT_CHECK_',
  openAudit: 'ON_OPEN_AUDIT_',
} as const;
type Enum = keyof typeof PREFIXES;

/** The name of an enum's value, with or without its prefix; the value itself if it is newer than the console. */
export function nameOf({ t }: Look, of: Enum, value: string): string {
  const key = `${of}.${shortOf(of, value)}`;
  return key in TEXTS ? t(key as TextKey) : value;
}

/** An enum's value without its prefix, as in the URLs of pages. */
export function shortOf(of: Enum, value: string): string {
  return value.replace(PREFIXES[of], '');
}

/** The options of a choice between values of an enum. */
export function choicesOf(look: Look, of: Enum, values: readonly string[]) {
  return values.map((value) => [shortOf(of, value), nameOf(look, of, value)] as const);
}

export function stepName(look: Look, step: RolloutStep): string {
  return nameOf(look, 'step', step);
}

const { ROLLOUT_STEP_COMMIT: COMMIT, ROLLOUT_STEP_VERIFY: VERIFY } = RolloutStep;
const FORWARD: readonly RolloutStep[] = [
  COMMIT,
  RolloutStep.ROLLOUT_STEP_SETTINGS,
  RolloutStep.ROLLOUT_STEP_CHECK,
  RolloutStep.ROLLOUT_STEP_SUBMIT_AUDIT,
  RolloutStep.ROLLOUT_STEP_AUDIT,
  RolloutStep.ROLLOUT_STEP_RELEASE,
  VERIFY,
];

/** The steps of a rollout in order. */
export function stepsOf({ spec, rollbackOf }: Rollout): readonly RolloutStep[] {
  if (rollbackOf !== '') return [RolloutStep.ROLLOUT_STEP_ROLL_BACK, VERIFY];
  const from = FORWARD.indexOf(spec?.firstStep ?? COMMIT);
  const to = FORWARD.indexOf(spec?.lastStep ?? VERIFY);
  const steps = FORWARD.slice(Math.max(0, from), to < 0 ? FORWARD.length : to + 1);
  return steps.filter((step) => step !== RolloutStep.ROLLOUT_STEP_SETTINGS || spec?.settings !== undefined);
}

export type Kind = 'waiting' | 'active' | 'good' | 'bad' | 'doubt' | 'ended';

/** By the name of the state; all others are waiting. */
const KINDS: Readonly<Record<string, Kind>> = {
  RUNNING: 'active',
  RETRYING: 'active',
  WAITING: 'active',
  'audit.PENDING': 'active',
  SUCCEEDED: 'good',
  COMPLETED: 'good',
  APPROVED: 'good',
  AUTHORIZED: 'good',
  FAILED: 'bad',
  REJECTED: 'bad',
  NEEDS_AUTHORIZATION: 'bad',
  IN_DOUBT: 'doubt',
  PAUSED: 'doubt',
  CANCELLING: 'doubt',
  DELAYED: 'doubt',
  CANCELLED: 'ended',
  SKIPPED: 'ended',
  WITHDRAWN: 'ended',
  UNAUTHORIZED: 'ended',
};

function kindOf(of: Enum, state: string): Kind {
  const name = shortOf(of, state);
  return KINDS[`${of}.${name}`] ?? KINDS[name] ?? 'waiting';
}

/** Words in the colour of a kind. */
export function StateMark({ kind, children }: { kind: Kind; children: string }) {
  return <span class={`state ${kind}`}>{children}</span>;
}

/** A state in words and in the colour of its kind. */
export function State({ visit, of, state }: { visit: Look; of: Enum; state: string }) {
  return <StateMark kind={kindOf(of, state)}>{nameOf(visit, of, state)}</StateMark>;
}

/** The state of a target, or what it waits for. */
export function TargetState(props: { visit: Look; state: RolloutTargetState; waitsFor: RolloutWait }) {
  const { visit, state, waitsFor } = props;
  const isWaiting = waitsFor !== RolloutWait.ROLLOUT_WAIT_UNSPECIFIED;
  const name = isWaiting ? nameOf(visit, 'wait', waitsFor) : nameOf(visit, 'target', state);
  return <StateMark kind={kindOf('target', state)}>{name}</StateMark>;
}

/** The states of a rollout that has started and is not cancelled, in which targets can be retried, and in which it has not ended. */
export const LIVE: readonly RolloutState[] = [
  RolloutState.ROLLOUT_STATE_RUNNING,
  RolloutState.ROLLOUT_STATE_PAUSED,
];
export const RETRYABLE = [...LIVE, RolloutState.ROLLOUT_STATE_COMPLETED];
export const UNENDED = [...LIVE, RolloutState.ROLLOUT_STATE_CANCELLING];
