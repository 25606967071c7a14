import type { Request, Response } from '../api/types.js';

export type Rollout = Response<'Rollouts/GetRollout'>;
export type RolloutSpec = NonNullable<Rollout['spec']>;
export type Count = Rollout['counts'][number];
export type Wave = Rollout['waves'][number];
export type Hold = Rollout['holds'][number];
export type Gate = NonNullable<RolloutSpec['waves'][number]['submitGate']>;
export type Target = Response<'Rollouts/GetRolloutTarget'>;
export type Failure = Response<'Rollouts/ListRolloutFailures'>['failures'][number];
export type Change = Response<'Rollouts/ListRolloutChanges'>['changes'][number];
export type Plan = Response<'Rollouts/GetRolloutPlan'>;
export type Finding = Plan['findings'][number];
export type Step = Count['step'];
export type TargetState = Count['state'];
export type GateType = 'ROLLOUT_GATE_TYPE_SUBMIT' | 'ROLLOUT_GATE_TYPE_RELEASE';

/** The conditions of a list of targets, a retry or a skip; all must hold. */
export type Filter = NonNullable<Request<'Rollouts/ListRolloutTargets'>['filter']>;

/** The states in which a rollout still changes something by itself, or can be resumed. */
export const LIVE_STATES: readonly Rollout['state'][] = [
  'ROLLOUT_STATE_RUNNING',
  'ROLLOUT_STATE_PAUSED',
  'ROLLOUT_STATE_CANCELLING',
];

const PREFIX =
  /^(ROLLOUT_(TARGET_STATE|STATE|STEP|WAIT|GATE_TYPE|CHANGE_TYPE|PAUSE_CAUSE|CLOSE_CAUSE)|CAUSE|ON_OPEN_AUDIT|READINESS_ITEM_TYPE)_/;

/** An enum's value without its prefix, as in addresses and in the keys of texts; empty if it is not set. */
export function short(value: string | undefined): string {
  return (value ?? '').replace(PREFIX, '').replace(/^UNSPECIFIED$/, '');
}
