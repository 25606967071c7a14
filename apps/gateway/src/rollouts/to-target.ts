import { AuditItem, OperationError, RolloutSpec, type RolloutTarget } from '@wxa/contracts';
import { stepOfNumber, type Target, toRolloutTarget } from '@wxa/rollouts';
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

/** A stored target in the form of the pure core, as far as its message and its requests need it. */
export function asTarget(stored: StoredTarget): Target {
  const { items, checkedItems, waveGiven: _given, updatedAt: _updated, ...same } = stored;
  return {
    ...same,
    step: stepOfNumber(stored.step),
    state: stored.state as Target['state'],
    waitsFor: stored.waitsFor as Target['waitsFor'],
    holdsAppid: false,
    privacyAt: null,
    auditOperationId: null,
    error: stored.error === null ? null : OperationError.fromJSON(stored.error),
    items: itemsOf(items),
    checkResults: null,
    checkedItems: itemsOf(checkedItems),
  };
}

function itemsOf(items: unknown[] | null): AuditItem[] | null {
  return items?.map((item) => AuditItem.fromJSON(item)) ?? null;
}
