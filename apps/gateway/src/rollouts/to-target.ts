import { RolloutSpec, type RolloutTarget } from '@wxa/contracts';
import { type StoredRollout, toRolloutTarget } from '@wxa/rollouts/core';
import { type StoredTarget, targetOf } from '@wxa/rollouts/rows';

/** What the messages of all targets of a rollout have in common. */
export type TargetContext = Parameters<typeof toRolloutTarget>[1];

export function contextOf({ id, spec, rollbackOf }: StoredRollout): TargetContext {
  return { id, spec: RolloutSpec.fromJSON(spec), isRollback: rollbackOf !== null };
}

/** The message of a stored target, without its operations. */
export function toTarget(stored: StoredTarget, context: TargetContext, withRequests: boolean): RolloutTarget {
  return toRolloutTarget(targetOf(stored), context, { updatedAt: stored.updatedAt, withRequests });
}
