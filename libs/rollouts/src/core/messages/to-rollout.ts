import {
  OperationError,
  Rollout,
  type RolloutCount,
  RolloutExplanation,
  type RolloutFailure,
  RolloutHold,
  RolloutPauseCause,
  RolloutSpec,
  RolloutState,
  RolloutTargetState,
  type RolloutWaveStatus,
  rolloutStepFromJSON,
} from '@wxa/contracts';
import { firstStepOf, maxInFlightOf } from '../pipeline.js';
import type { FailureGroup, StoredCount, StoredRollout } from '../rollout.js';
import { toRolloutWait } from '../rollout-target.js';
import type { Wait } from '../target.js';

/** The message of a stored rollout. */
export function toRollout(stored: StoredRollout): Rollout {
  const spec = RolloutSpec.fromJSON(stored.spec);
  const counts = countsOf(stored, spec);
  return {
    id: stored.id,
    requestId: stored.requestId,
    spec: { ...spec, maxInFlight: maxInFlightOf(spec) },
    state: RolloutState[`ROLLOUT_STATE_${stored.state}`],
    pauseCause: RolloutPauseCause[`ROLLOUT_PAUSE_CAUSE_${stored.pauseCause ?? 'UNSPECIFIED'}`],
    pauseDetail: stored.pauseDetail ?? '',
    pauseExplanation: toExplanation(stored.pauseExplanation),
    holds: stored.state === 'RUNNING' ? stored.holds.map((hold) => RolloutHold.fromJSON(hold)) : [],
    targets: stored.targets,
    counts: total(counts),
    waves: wavesOf(stored, counts),
    submissions: stored.submissions,
    speedUps: stored.speedUps,
    rollbackOf: stored.rollbackOf ?? '',
    rolledBackBy: stored.rolledBackBy ?? '',
    createTime: stored.createdAt,
    startTime: stored.startedAt ?? undefined,
    endTime: stored.endedAt ?? undefined,
    updateTime: stored.updatedAt,
    stepsPerMinute: stored.stepsPerMinute,
    caller: stored.caller,
    onBehalfOf: stored.onBehalfOf,
    actingCaller: stored.actingCaller,
    actingOnBehalfOf: stored.actingOnBehalfOf,
    open: stored.open,
    intakeTime: stored.intakeSince ?? undefined,
    driftedTargets: stored.drifted,
  };
}

/** Rows from before there were explanations have none. */
export function toExplanation(stored: unknown): RolloutExplanation | undefined {
  return stored ? RolloutExplanation.fromJSON(stored) : undefined;
}

/** While the waves of a draft are not assigned, its counts are not stored: all its targets are in one step and state. */
function countsOf(stored: StoredRollout, spec: RolloutSpec): StoredCount[] {
  if (!stored.wavesStale) return stored.counts;
  if (stored.targets === 0) return [];
  const state = stored.state === 'CANCELLED' ? 'CANCELLED' : 'PENDING';
  const step = firstStepOf(spec, stored.rollbackOf !== null);
  return [{ wave: 0, step, state, waitsFor: '', targets: stored.targets }];
}

function wavesOf({ waves, wavesStale }: StoredRollout, counts: StoredCount[]): RolloutWaveStatus[] {
  if (waves === null || wavesStale) return [];
  return waves.map(({ wave, targets, submitOpenedAt, releaseOpenedAt, endedAt }) => ({
    wave,
    targets,
    counts: total(counts.filter((count) => count.wave === wave)),
    submitOpenTime: timeOf(submitOpenedAt),
    releaseOpenTime: timeOf(releaseOpenedAt),
    endTime: timeOf(endedAt),
  }));
}

function timeOf(text: string | null): Date | undefined {
  return text === null ? undefined : new Date(text);
}

/** By step, state and wait, which is coarser than what is stored. */
function total(counts: readonly StoredCount[]): RolloutCount[] {
  const sums = new Map<string, RolloutCount>();
  for (const stored of counts) {
    const count = toCount(stored);
    const key = [stored.step, count.state, count.waitsFor].join(' ');
    sums.set(key, { ...count, count: count.count + (sums.get(key)?.count ?? 0) });
  }
  return [...sums.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count);
}

function toCount({ step, state, waitsFor, targets }: StoredCount): RolloutCount {
  return {
    step: rolloutStepFromJSON(step),
    state: stateOf(state),
    waitsFor: toRolloutWait((waitsFor || null) as Wait | null),
    count: targets,
  };
}

/** @param state without the prefix of RolloutTargetState. */
function stateOf(state: string): RolloutTargetState {
  return RolloutTargetState[`ROLLOUT_TARGET_STATE_${state}` as keyof typeof RolloutTargetState];
}

/** The message of a failure group. */
export function toFailure({ state, step, error, ...same }: FailureGroup): RolloutFailure {
  const { hint, retryable, arguments: args } = OperationError.fromJSON(error ?? {});
  return {
    ...same,
    state: stateOf(state),
    step: rolloutStepFromJSON(step),
    hint,
    retryable,
    arguments: args,
  };
}
