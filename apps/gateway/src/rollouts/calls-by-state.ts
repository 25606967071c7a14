import type { RolloutStateName, StoredRollout } from '@wxa/rollouts/core';
import { type RpcError, rpcError } from '../errors/rpc-error.js';

/** What a state allows: `unchanged`: the effect is already there. `limits`: max_in_flight, audit_budget and stop_rules. */
type Permission = 'yes' | 'no' | 'unchanged' | 'limits';

/** Section 3 of the design: which call has which effect in which state. */
const CALLS_BY_STATE = {
  UpdateRollout: row('yes', 'limits', 'limits', 'no', 'no', 'no'),
  AddRolloutTargets: row('yes', 'no', 'no', 'no', 'no', 'no'),
  GetRolloutPlan: row('yes', 'no', 'no', 'no', 'no', 'no'),
  StartRollout: row('yes', 'unchanged', 'unchanged', 'no', 'no', 'unchanged'),
  PauseRollout: row('no', 'yes', 'unchanged', 'no', 'no', 'no'),
  ResumeRollout: row('no', 'unchanged', 'yes', 'no', 'no', 'no'),
  AdvanceRollout: row('no', 'yes', 'yes', 'no', 'no', 'no'),
  CloseRollout: row('no', 'yes', 'yes', 'yes', 'yes', 'yes'),
  CancelRollout: row('yes', 'yes', 'yes', 'unchanged', 'unchanged', 'no'),
  RetryRollout: row('no', 'yes', 'yes', 'no', 'no', 'yes'),
  SkipRolloutTargets: row('yes', 'yes', 'yes', 'no', 'no', 'no'),
  RollbackRollout: row('no', 'yes', 'yes', 'yes', 'yes', 'yes'),
} satisfies Record<string, Record<RolloutStateName, Permission>>;

export type StateCall = keyof typeof CALLS_BY_STATE;

function row(
  DRAFT: Permission,
  RUNNING: Permission,
  PAUSED: Permission,
  CANCELLING: Permission,
  CANCELLED: Permission,
  COMPLETED: Permission,
) {
  return { DRAFT, RUNNING, PAUSED, CANCELLING, CANCELLED, COMPLETED };
}

/** What the state of a rollout allows a call to do. Throws ROLLOUT_STATE if it allows nothing. */
export function permissionOf(
  call: StateCall,
  rollout: Pick<StoredRollout, 'id' | 'state'>,
): Exclude<Permission, 'no'> {
  const permission = CALLS_BY_STATE[call][rollout.state];
  if (permission === 'no') throw stateError(rollout, `${call} is not possible`);
  return permission;
}

/** @param field the field that cannot be changed in this state. */
export function stateError(
  { id, state }: Pick<StoredRollout, 'id' | 'state'>,
  problem: string,
  field?: string,
): RpcError {
  const metadata = { state, ...(field !== undefined && { field }) };
  return rpcError('ROLLOUT_STATE', `rollout ${id} is ${state}: ${problem}`, { metadata });
}
