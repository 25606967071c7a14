import {
  AuditItem,
  CommitRequest,
  OperationError,
  type RolloutSpec,
  RolloutTarget,
  rolloutStepFromJSON,
  SubmitAuditRequest,
} from '@wxa/contracts';
import { grayPercentageOf, requestOf, type Step, type Target } from '@wxa/rollouts';
import type { StoredRollout, StoredTarget } from '@wxa/store';
import { nameOf, stateOf, waitOf } from './to-rollout.js';

/** The message of a stored target, without its requests and operations. */
export function toTarget(stored: StoredTarget, spec: RolloutSpec): RolloutTarget {
  return {
    ...RolloutTarget.create(),
    appid: stored.appid,
    position: stored.position,
    wave: stored.wave,
    step: rolloutStepFromJSON(stored.step),
    state: stateOf(stored.state),
    waitsFor: waitOf(stored.waitsFor),
    waitUntil: stored.state === 'WAITING' ? (stored.dueAt ?? undefined) : undefined,
    grayPercentage: grayPercentageOf({ step: nameOf(stored.step), part: stored.part }, spec),
    attempt: stored.attempt,
    operationId: stored.operationId ?? '',
    auditId: BigInt(stored.auditId ?? 0),
    auditDelayed: stored.auditDelayed,
    baselineVersion: stored.baselineVersion ?? '',
    error: stored.error === null ? undefined : OperationError.fromJSON(stored.error),
    updateTime: stored.updatedAt,
    completions: stored.completions,
  };
}

/** The requests of the steps COMMIT and SUBMIT_AUDIT of a target, as they were or would be sent. */
export function requestsOf(
  stored: StoredTarget,
  { id, rollbackOf }: Pick<StoredRollout, 'id' | 'rollbackOf'>,
  spec: RolloutSpec,
): Pick<RolloutTarget, 'commit' | 'submitAudit'> {
  const context = { id, spec, isRollback: rollbackOf !== null };
  const of = (step: Step) =>
    requestOf({ ...asTarget(stored), step, state: 'PENDING', part: 0 }, context, null)?.request;
  const [commit, submit] = rollbackOf === null ? [of('COMMIT'), of('SUBMIT_AUDIT')] : [];
  return {
    commit: commit && CommitRequest.fromJSON(commit),
    submitAudit: submit && SubmitAuditRequest.fromJSON(submit),
  };
}

/** A stored target in the form of the pure core. */
export function asTarget(stored: StoredTarget): Target {
  const { items, checkedItems, waveGiven: _given, updatedAt: _updated, ...same } = stored;
  const itemsOf = (list: unknown[] | null) => list?.map((item) => AuditItem.fromJSON(item)) ?? null;
  return {
    ...same,
    step: nameOf(stored.step),
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
