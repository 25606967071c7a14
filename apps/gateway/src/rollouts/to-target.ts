import { RolloutSpec, type RolloutTarget } from '@wxa/contracts';
import { type Target, targetOf, toRolloutTarget } from '@wxa/rollouts';
import type { StoredRollout, StoredTarget } from '@wxa/store';

/** What the messages of all targets of a rollout have in common. */
export type TargetContext = Parameters<typeof toRolloutTarget>[1];

export function contextOf({ id, spec, rollbackOf }: StoredRollout): TargetContext {
  return { id, spec: RolloutSpec.fromJSON(spec), isRollback: rollbackOf !== null };
}

/** The message of a stored target, without its operations. */
export function toTarget(stored: StoredTarget, context: TargetContext, withRequests: boolean): RolloutTarget {
  return toRolloutTarget(asTarget(stored), context, { updatedAt: stored.updatedAt, withRequests });
}

/** Not read, because neither messages nor requests need them. */
const UNREAD = { holdsAppid: false, privacyAt: null, auditOperationId: null, checkResults: null };

/** A stored target in the form of the pure core, as far as its message and its requests need it. */
export function asTarget({ waveGiven: _given, updatedAt: _updated, ...stored }: StoredTarget): Target {
  return targetOf({ ...stored, ...UNREAD });
}
