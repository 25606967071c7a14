import {
  CommitRequest,
  type OperationError,
  type RolloutSpec,
  RolloutTarget,
  RolloutTargetState,
  RolloutWait,
  SubmitAuditRequest,
} from '@wxa/contracts';
import { grayPercentageOf, pipelineOf, toRolloutStep } from './pipeline.js';
import { commitRequest, submitAuditRequest } from './requests/request-of.js';
import type { RolloutContext } from './rollout.js';
import type { Step, Target, TargetState, Wait } from './target.js';

/** A target of a draft: PENDING in the first step of the pipeline, without wave and overrides. */
export function newTarget(appid: string, position: number, spec: RolloutSpec, isRollback: boolean): Target {
  const [step = 'COMMIT'] = pipelineOf(spec, isRollback);
  return {
    appid,
    position,
    wave: 0,
    step,
    state: 'PENDING',
    part: 0,
    attempt: 1,
    completions: 0,
    holdsAppid: false,
    waitsFor: null,
    dueAt: null,
    privacyAt: null,
    operationId: null,
    auditOperationId: null,
    auditId: null,
    auditDelayed: false,
    grayShare: null,
    isReleased: false,
    baselineVersion: null,
    error: null,
    extPatch: null,
    items: null,
    checkResults: null,
    checkedItems: null,
    settingsHash: null,
    driftedDomains: null,
  };
}

/** The states whose error is shown; in others it is kept for a later move. */
const WITH_ERROR: ReadonlySet<TargetState> = new Set(['FAILED', 'SKIPPED', 'IN_DOUBT']);

/** The error of a target as callers see it: filters and failure groups select by no other one. */
export function shownError({ state, error }: Pick<Target, 'state' | 'error'>): OperationError | null {
  return WITH_ERROR.has(state) ? error : null;
}

/** The wait of a message. Callers need not tell a read of the readiness from the wait for who has to act. */
export function toRolloutWait(wait: Wait | null): RolloutWait {
  return RolloutWait[`ROLLOUT_WAIT_${wait === 'READ' ? 'READINESS' : (wait ?? 'UNSPECIFIED')}`];
}

/** What the messages of all targets of a rollout have in common. */
export type TargetContext = Pick<RolloutContext, 'id' | 'spec' | 'isRollback'>;

/** The message of a target, without `operations`. */
export function toRolloutTarget(
  target: Target,
  context: TargetContext,
  { updatedAt, withRequests = false }: { updatedAt?: Date; withRequests?: boolean } = {},
): RolloutTarget {
  return RolloutTarget.create({
    appid: target.appid,
    position: target.position,
    wave: target.wave,
    step: toRolloutStep(target.step),
    state: RolloutTargetState[`ROLLOUT_TARGET_STATE_${target.state}`],
    waitsFor: toRolloutWait(target.waitsFor),
    waitUntil: target.state === 'WAITING' ? (target.dueAt ?? undefined) : undefined,
    grayPercentage: grayPercentageOf(target, context.spec),
    attempt: target.attempt,
    operationId: target.operationId ?? '',
    auditId: BigInt(target.auditId ?? 0),
    auditDelayed: target.auditDelayed,
    baselineVersion: target.baselineVersion ?? '',
    error: shownError(target) ?? undefined,
    updateTime: updatedAt,
    completions: target.completions,
    settingsFingerprint: target.settingsHash ?? '',
    driftedDomains: target.driftedDomains ?? [],
    ...(withRequests ? requestsOf(target, context) : {}),
  });
}

/** The requests of COMMIT and SUBMIT_AUDIT, if the pipeline has these steps. */
function requestsOf(target: Target, context: TargetContext) {
  const pipeline: readonly Step[] = pipelineOf(context.spec, context.isRollback);
  const commit = pipeline.includes('COMMIT') ? commitRequest(target, context) : undefined;
  const submit = pipeline.includes('SUBMIT_AUDIT') ? submitAuditRequest(target, context) : undefined;
  return {
    commit: commit && CommitRequest.fromJSON(commit.request),
    submitAudit: submit && SubmitAuditRequest.fromJSON(submit.request),
  };
}
