import {
  AuditState as Audit,
  AuthorizerState as Authorizer,
  operationStateToJSON,
  RolloutState as Rollout,
  type RolloutStep,
  RolloutTargetState,
  RolloutWait,
  rolloutStateToJSON,
  rolloutStepToJSON,
  rolloutTargetStateToJSON,
  rolloutWaitToJSON,
  OperationState as State,
} from '@wxa/contracts';
import type { TextKey } from '../text/text.js';
import type { Look } from '../visit/visit.js';

/** A state in words and in the colour of its kind. */
export function StateMark({ kind, children }: { kind: Kind; children: string }) {
  return <span class={`state ${kind}`}>{children}</span>;
}

export type Kind = 'waiting' | 'active' | 'good' | 'bad' | 'doubt' | 'ended';

const OF_OPERATION: Partial<Record<State, Kind>> = {
  [State.OPERATION_STATE_QUEUED]: 'waiting',
  [State.OPERATION_STATE_RUNNING]: 'active',
  [State.OPERATION_STATE_RETRYING]: 'active',
  [State.OPERATION_STATE_IN_DOUBT]: 'doubt',
  [State.OPERATION_STATE_SUCCEEDED]: 'good',
  [State.OPERATION_STATE_FAILED]: 'bad',
  [State.OPERATION_STATE_CANCELLED]: 'ended',
};

export function OperationState({ visit, state }: { visit: Look; state: State }) {
  const name = operationStateToJSON(state).replace('OPERATION_STATE_', '');
  return (
    <StateMark kind={OF_OPERATION[state] ?? 'waiting'}>{visit.t(`operation.${name}` as TextKey)}</StateMark>
  );
}

const OF_ROLLOUT: Partial<Record<Rollout, Kind>> = {
  [Rollout.ROLLOUT_STATE_DRAFT]: 'waiting',
  [Rollout.ROLLOUT_STATE_RUNNING]: 'active',
  [Rollout.ROLLOUT_STATE_PAUSED]: 'doubt',
  [Rollout.ROLLOUT_STATE_CANCELLING]: 'doubt',
  [Rollout.ROLLOUT_STATE_COMPLETED]: 'good',
  [Rollout.ROLLOUT_STATE_CANCELLED]: 'ended',
};

export function RolloutState({ visit, state }: { visit: Look; state: Rollout }) {
  const name = rolloutStateToJSON(state).replace('ROLLOUT_STATE_', '');
  return <StateMark kind={OF_ROLLOUT[state] ?? 'waiting'}>{visit.t(`rollout.${name}` as TextKey)}</StateMark>;
}

const OF_AUDIT: Partial<Record<Audit, Kind>> = {
  [Audit.AUDIT_STATE_APPROVED]: 'good',
  [Audit.AUDIT_STATE_REJECTED]: 'bad',
  [Audit.AUDIT_STATE_PENDING]: 'active',
  [Audit.AUDIT_STATE_WITHDRAWN]: 'ended',
  [Audit.AUDIT_STATE_DELAYED]: 'doubt',
};

export function AuditState({ visit, state }: { visit: Look; state: Audit }) {
  const name = state.replace('AUDIT_STATE_', '');
  return <StateMark kind={OF_AUDIT[state] ?? 'waiting'}>{visit.t(`audit.${name}` as TextKey)}</StateMark>;
}

const OF_AUTHORIZER: Partial<Record<Authorizer, Kind>> = {
  [Authorizer.AUTHORIZER_STATE_AUTHORIZED]: 'good',
  [Authorizer.AUTHORIZER_STATE_NEEDS_AUTHORIZATION]: 'bad',
  [Authorizer.AUTHORIZER_STATE_UNAUTHORIZED]: 'ended',
};

export function AuthorizerState({ visit, state }: { visit: Look; state: Authorizer }) {
  const name = state.replace('AUTHORIZER_STATE_', '');
  return (
    <StateMark kind={OF_AUTHORIZER[state] ?? 'waiting'}>{visit.t(`authorizer.${name}` as TextKey)}</StateMark>
  );
}

const OF_TARGET: Partial<Record<RolloutTargetState, Kind>> = {
  [RolloutTargetState.ROLLOUT_TARGET_STATE_PENDING]: 'waiting',
  [RolloutTargetState.ROLLOUT_TARGET_STATE_RUNNING]: 'active',
  [RolloutTargetState.ROLLOUT_TARGET_STATE_WAITING]: 'active',
  [RolloutTargetState.ROLLOUT_TARGET_STATE_IN_DOUBT]: 'doubt',
  [RolloutTargetState.ROLLOUT_TARGET_STATE_SUCCEEDED]: 'good',
  [RolloutTargetState.ROLLOUT_TARGET_STATE_FAILED]: 'bad',
  [RolloutTargetState.ROLLOUT_TARGET_STATE_SKIPPED]: 'ended',
  [RolloutTargetState.ROLLOUT_TARGET_STATE_CANCELLED]: 'ended',
};

/** The state of a target, or what it waits for. */
export function TargetState(props: { visit: Look; state: RolloutTargetState; waitsFor: RolloutWait }) {
  const { visit, state, waitsFor } = props;
  const isWaiting = waitsFor !== RolloutWait.ROLLOUT_WAIT_UNSPECIFIED;
  const name = isWaiting ? waitName(visit, waitsFor) : targetStateName(visit, state);
  return <StateMark kind={OF_TARGET[state] ?? 'waiting'}>{name}</StateMark>;
}

export function targetStateName({ t }: Look, state: RolloutTargetState): string {
  return t(`target.${rolloutTargetStateToJSON(state).replace('ROLLOUT_TARGET_STATE_', '')}` as TextKey);
}

export function waitName({ t }: Look, wait: RolloutWait): string {
  return t(`wait.${rolloutWaitToJSON(wait).replace('ROLLOUT_WAIT_', '')}` as TextKey);
}

export function stepName({ t }: Look, step: RolloutStep): string {
  return t(`step.${rolloutStepToJSON(step).replace('ROLLOUT_STEP_', '')}` as TextKey);
}
